/* SPDX-License-Identifier: MIT
 * usage: journal_kills DIR KILLS
 * Two writers at a time; one is killed with SIGKILL after a random number of its records, wherever it is then, and replaced. A writer does
 * little but write records, so most kills hit it in the middle of one. */
#include "pattern.h"

enum { RING = 256, WRITERS = 2 };

struct writer {
  pid_t pid;
  u32 last, until; /* killed when its record `until` was read */
  bool killed;
};

static void start(struct arena *a, struct writer *w) {
  *w = (struct writer){.until = 1 + (u32)rand() % 50};
  w->pid = pattern_fork();
  if (w->pid != 0) return;
  for (u32 number = 1;; number++) {
    struct wire_arena *head = arena_head(a);
    while (__atomic_load_n(&head->head, __ATOMIC_RELAXED) - __atomic_load_n(&head->tail, __ATOMIC_RELAXED) > RING / 2)
      ;
    pattern_write(a, number);
  }
}

static u64 sequence;
static u32 abandoned;

/* Everything that was written until now; a record without contents only of a writer that was killed, and as its last one. */
static void read_all(struct arena *a, struct writer *writers) {
  static struct wire_record batch[64];
  for (u32 got; (got = journal_read(a, batch, 64));)
    for (u32 i = 0; i < got; i++, sequence++) {
      struct writer *w = writers;
      while (w < writers + WRITERS && w->pid != (pid_t)batch[i].pid) w++;
      CHECK(w < writers + WRITERS, "record %lu is of pid %u, which is long gone", sequence, batch[i].pid);
      if (batch[i].op == OP_none) {
        CHECK(w->killed, "record %lu of pid %d, which lives, was given up", sequence, w->pid);
        CHECK(batch[i].word == sequence, "record %lu came as number %lu", sequence, batch[i].word);
        abandoned++;
        continue;
      }
      pattern_check(&batch[i], sequence);
      CHECK(batch[i].detail == w->last + 1, "pid %d wrote %u, then came %u", w->pid, w->last, batch[i].detail);
      w->last = batch[i].detail;
      if (w->killed || w->last < w->until) continue;
      kill(w->pid, SIGKILL);
      w->killed = true;
    }
}

int main(int count, char **arguments) {
  CHECK(count == 3, "usage: journal_kills DIR KILLS");
  struct arena *a = pattern_open(arguments[1], RING, 64);
  struct writer writers[WRITERS];
  u32 kills = (u32)atoi(arguments[2]), killed = 0;
  for (int i = 0; i < WRITERS; i++) start(a, &writers[i]);
  while (killed < kills) {
    CHECK(journal_wait(a, 20000), "no record for 20 s after %u kills", killed);
    read_all(a, writers);
    for (int i = 0; i < WRITERS; i++) {
      if (!writers[i].killed) continue;
      /* The zombie must already count as dead: the other writer's records lie behind the one it left. */
      siginfo_t info;
      CHECK(waitid(P_PID, (id_t)writers[i].pid, &info, WEXITED | WNOWAIT) == 0, "waitid: %s", strerror(errno));
      read_all(a, writers);
      pattern_end(writers[i].pid, SIGKILL);
      killed++;
      start(a, &writers[i]);
    }
  }
  for (int i = 0; i < WRITERS; i++) {
    kill(writers[i].pid, SIGKILL);
    pattern_end(writers[i].pid, SIGKILL);
    writers[i].killed = true;
  }
  read_all(a, writers);

  /* The ring is as good as new: a whole lap and a half goes through it. */
  pid_t own = getpid();
  writers[0] = (struct writer){.pid = own, .until = UINT32_MAX};
  for (u32 number = 1; number <= RING * 3 / 2; number++) {
    pattern_write(a, number);
    if (number % 100 == 0) read_all(a, writers);
  }
  read_all(a, writers);
  CHECK(writers[0].last == RING * 3 / 2, "%u of %d records came after the kills", writers[0].last, RING * 3 / 2);
  printf("{\"kills\":%u,\"abandoned\":%u,\"lost\":%lu}\n", killed, abandoned, arena_head(a)->lost);
  return 0;
}
