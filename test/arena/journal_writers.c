/* SPDX-License-Identifier: MIT
 * usage: journal_writers DIR WRITERS RECORDS wait|overflow
 * Several processes write, this one reads while they do. `wait`: they wait for room, so each record must come once and whole.
 * `overflow`: they don't, so what does not come must be counted as lost. */
#include "pattern.h"

enum { RING = 1024, WRITERS_MAX = 16 };

static void write_all(struct arena *a, u32 records, bool wait) {
  struct wire_arena *head = arena_head(a);
  for (u32 number = 1; number <= records; number++) {
    while (wait && __atomic_load_n(&head->head, __ATOMIC_RELAXED) - __atomic_load_n(&head->tail, __ATOMIC_RELAXED) > RING / 2)
      ;
    pattern_write(a, number);
  }
  _exit(0);
}

int main(int count, char **arguments) {
  CHECK(count == 5, "usage: journal_writers DIR WRITERS RECORDS wait|overflow");
  struct arena *a = pattern_open(arguments[1], RING, 64);
  u32 writers = (u32)atoi(arguments[2]), records = (u32)atoi(arguments[3]);
  bool wait = strcmp(arguments[4], "wait") == 0;
  pid_t pids[WRITERS_MAX];
  u32 last[WRITERS_MAX] = {0};
  CHECK(writers <= WRITERS_MAX, "at most %d writers", WRITERS_MAX);
  for (u32 i = 0; i < writers; i++)
    if ((pids[i] = pattern_fork()) == 0) write_all(a, records, wait);

  static struct wire_record batch[256];
  u64 read = 0, total = (u64)writers * records, *lost = &arena_head(a)->lost;
  while (read + __atomic_load_n(lost, __ATOMIC_SEQ_CST) < total) {
    CHECK(journal_wait(a, 20000), "no record for 20 s after %lu of %lu, %lu lost", read, total, *lost);
    u32 got = journal_read(a, batch, sizeof batch / sizeof *batch);
    for (u32 i = 0; i < got; i++, read++) {
      pattern_check(&batch[i], read);
      u32 writer = 0;
      while (writer < writers && pids[writer] != (pid_t)batch[i].pid) writer++;
      CHECK(writer < writers, "record %lu is from pid %u, which wrote nothing", read, batch[i].pid);
      CHECK(wait ? batch[i].detail == last[writer] + 1 : batch[i].detail > last[writer], "pid %u wrote %u, then came %u", batch[i].pid,
            last[writer], batch[i].detail);
      last[writer] = batch[i].detail;
    }
  }
  for (u32 i = 0; i < writers; i++) pattern_end(pids[i], 0);
  CHECK(journal_read(a, batch, 1) == 0, "there is a record too many");
  printf("{\"read\":%lu,\"lost\":%lu}\n", read, *lost);
  return 0;
}
