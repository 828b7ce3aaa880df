/* SPDX-License-Identifier: MIT
 * usage: journal_claims DIR CASE
 * A claim that is not published, made by hand: who is waited for, and who is not. */
#include <linux/sched.h>
#include <sys/syscall.h>

#include "pattern.h"

enum { RING = 64 };

static struct wire_record *record_at(struct arena *a, u64 sequence) {
  struct wire_arena *head = arena_head(a);
  return (struct wire_record *)((char *)head + head->recordOffset) + (sequence & (head->recordCount - 1));
}

/* What journal_write does until it is killed. */
static void claim(struct arena *a, u64 sequence) {
  struct wire_record *r = record_at(a, sequence);
  r->word = record_word(sequence, journal_pid(), RECORD_CLAIMED);
  arena_head(a)->head = sequence + 1;
  r->tid = journal_tid();
  r->pid = journal_pid();
}

/* Killed even before it could say who it is: only the word tells. */
static void claim_namelessly(struct arena *a, u64 sequence) {
  claim(a, sequence);
  record_at(a, sequence)->tid = record_at(a, sequence)->pid = 0;
}

static void publish(struct arena *a, u64 sequence) {
  record_at(a, sequence)->word = record_word(sequence, journal_pid(), RECORD_PUBLISHED);
}

/* A process that claims record 0 and then waits to be killed; a byte in `ready` says that it has. */
static pid_t claimer(struct arena *a, void (*how)(struct arena *, u64), int ready[2]) {
  CHECK(pipe(ready) == 0, "pipe: %s", strerror(errno));
  pid_t child = pattern_fork();
  if (child == 0) {
    how(a, 0);
    CHECK(write(ready[1], "", 1) == 1, "write: %s", strerror(errno));
    for (;;) pause();
  }
  char byte;
  CHECK(read(ready[0], &byte, 1) == 1, "read: %s", strerror(errno));
  return child;
}

static struct wire_record out[4];

static void expect_abandoned(struct arena *a, pid_t pid) {
  CHECK(journal_read(a, out, 4) == 1, "the abandoned record did not come alone");
  CHECK(out[0].op == OP_none && out[0].pid == (u32)pid && out[0].word == 0 && out[0].fd == -1, "op %u pid %u number %lu", out[0].op,
        out[0].pid, out[0].word);
}

static void expect_written(struct arena *a, u64 sequence) {
  CHECK(journal_read(a, out, 1) == 1, "record %lu did not come", sequence);
  pattern_check(&out[0], sequence);
}

static void live(struct arena *a) {
  claim(a, 0);
  pattern_write(a, 1);
  CHECK(journal_read(a, out, 4) == 0, "a record overtook one that is being written");
  CHECK(!journal_wait(a, 20) || !journal_wait(a, 20), "the reader did not sleep");
  publish(a, 0);
  CHECK(journal_read(a, out, 4) == 2 && out[0].word == 0 && out[1].word == 1, "the two records did not come in order");
}

static void kill_claimer(struct arena *a, void (*how)(struct arena *, u64)) {
  int ready[2];
  pid_t child = claimer(a, how, ready);
  kill(child, SIGKILL);
  /* Asleep without an end: a writer that is killed wakes nobody. */
  CHECK(journal_wait(a, -1), "a sleep without an end ended without news");
  expect_abandoned(a, child);
  pattern_write(a, 1);
  expect_written(a, 1);
  pattern_end(child, SIGKILL);
}

static void killed(struct arena *a) { kill_claimer(a, claim); }
static void nameless(struct arena *a) { kill_claimer(a, claim_namelessly); }

static void replaced(struct arena *a) {
  pid_t child = pattern_fork();
  if (child == 0) {
    claim(a, 0);
    journal_write(a, &(struct event){.op = OP_processStart, .fd = -1});
    for (;;) pause();
  }
  while (__atomic_load_n(&arena_head(a)->published, __ATOMIC_SEQ_CST) == 0) journal_wait(a, 1000);
  CHECK(journal_read(a, out, 4) == 2, "two records did not come");
  CHECK(out[0].op == OP_none && out[1].op == OP_processStart && out[1].pid == (u32)child, "ops %u %u", out[0].op, out[1].op);
  kill(child, SIGKILL);
  pattern_end(child, SIGKILL);
}

/* The reader's question whether a process is dead, as the linker lets us come before it (--wrap). */
bool __real_life_process_dead(pid_t pid, u64 not_after);
bool __wrap_life_process_dead(pid_t pid, u64 not_after);
static pid_t finishing;

bool __wrap_life_process_dead(pid_t pid, u64 not_after) {
  if (pid == finishing) {
    kill(pid, SIGCONT);
    pattern_end(pid, 0);
    finishing = 0;
  }
  return __real_life_process_dead(pid, not_after);
}

/* The reader has seen its claim; then it publishes and ends. */
static void late(struct arena *a) {
  pid_t child = pattern_fork();
  if (child == 0) {
    claim(a, 0);
    struct wire_record *r = record_at(a, 0);
    r->op = OP_connect;
    r->detail = 7;
    raise(SIGSTOP);
    publish(a, 0);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status), "it did not stop");
  finishing = child;
  u32 got = journal_read(a, out, 4);
  CHECK(finishing == 0, "nobody asked whether it is dead");
  if (!got) got = journal_read(a, out, 4);
  CHECK(got == 1 && out[0].op == OP_connect && out[0].pid == (u32)child && out[0].tid == (u32)child && out[0].detail == 7,
        "%u records: op %u pid %u tid %u detail %u", got, out[0].op, out[0].pid, out[0].tid, out[0].detail);
}

static u64 boot_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

static void recycled(struct arena *a) {
  int ready[2];
  pid_t child = claimer(a, claim, ready);
  CHECK(journal_read(a, out, 4) == 0, "a record of a live process was given up");
  kill(child, SIGKILL);
  pattern_end(child, SIGKILL);
  for (u64 tick = boot_ns() / 10000000; boot_ns() / 10000000 <= tick;) continue; /* start times are kept in ticks */
  pid_t wanted = child;
  struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (u64)(uintptr_t)&wanted, .set_tid_size = 1};
  pid_t other = (pid_t)syscall(SYS_clone3, &args, sizeof args);
  if (other == 0)
    for (;;) pause();
  CHECK(other == child, "clone3 with pid %d: %s", child, strerror(errno));
  u32 got = journal_read(a, out, 4);
  kill(other, SIGKILL);
  pattern_end(other, SIGKILL);
  CHECK(got == 1 && out[0].op == OP_none && out[0].pid == (u32)child, "%u records, op %u", got, out[0].op);
}

/* A reader that was killed between freeing a record and moving on. */
static void reader(struct arena *a) {
  for (u32 number = 1; number <= RING; number++) pattern_write(a, number);
  for (u32 number = 0; number < RING; number++) expect_written(a, number);
  arena_head(a)->tail--;
  pattern_write(a, 5);
  expect_written(a, RING);
}

static void overflow(struct arena *a) {
  for (u32 number = 1; number <= RING + 5; number++) pattern_write(a, number);
  CHECK(arena_head(a)->lost == 5, "%lu are counted as lost, 5 are", arena_head(a)->lost);
  for (u32 number = 0; number < RING; number++) {
    CHECK(journal_read(a, out, 1) == 1 && out[0].detail == number + 1, "record %u did not come", number);
    pattern_check(&out[0], number);
  }
  pattern_write(a, 1);
  expect_written(a, RING);
}

static void wake(struct arena *a) {
  CHECK(!journal_wait(a, 0), "an empty journal has news");
  journal_wake(a);
  CHECK(journal_wait(a, -1), "a wake-up before the sleep was forgotten");
  pid_t child = pattern_fork();
  if (child == 0) {
    while (!__atomic_load_n(&arena_head(a)->waiters, __ATOMIC_SEQ_CST)) continue;
    journal_wake(a);
    _exit(0);
  }
  CHECK(journal_wait(a, -1), "a sleeping reader was not woken");
  pattern_end(child, 0);
}

static const struct {
  const char *name;
  void (*run)(struct arena *);
} cases[] = {{"live", live},         {"killed", killed}, {"nameless", nameless}, {"replaced", replaced}, {"late", late},
             {"recycled", recycled}, {"reader", reader}, {"overflow", overflow}, {"wake", wake}};

int main(int count, char **arguments) {
  CHECK(count == 3, "usage: journal_claims DIR CASE");
  struct arena *a = pattern_open(arguments[1], RING, 64);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strcmp(cases[i].name, arguments[2]) == 0) {
      cases[i].run(a);
      puts("{}");
      return 0;
    }
  FAIL("no case %s", arguments[2]);
}
