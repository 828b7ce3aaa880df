/* SPDX-License-Identifier: MIT
 * usage: meetings DIR socket|process
 * Two processes that store the same thing for the first time at once, many times: it must be there once. */
#include <sched.h>

#include "pattern.h"

enum { ROUNDS = 20000, SOCKETS = 64, PROCESSES = 64 };

struct shared {
  u32 go, done;
};

static void reach(u32 *counter, u32 round) {
  for (int turn = 0; __atomic_load_n(counter, __ATOMIC_SEQ_CST) != round; turn++)
    if (turn % 1000 == 999) sched_yield();
}

static void *table(struct arena *a, u32 offset) { return (char *)arena_head(a) + offset; }

static void put(struct arena *a, u64 cookie, u32 version) {
  struct wire_info info = pattern_info(cookie, version);
  arena_socket_put(a, &info);
}

static u32 slot_of(struct arena *a, u64 cookie) {
  struct wire_socket *slots = table(a, arena_head(a)->socketOffset);
  u32 slot = 0;
  while (slot < SOCKETS && slots[slot].cookie != cookie) slot++;
  return slot;
}

/* A cookie whose search begins at the same slot as that of `cookie`: alone in the table, both get it. */
static u64 neighbour_of(struct arena *a, u64 cookie) {
  struct wire_socket *slots = table(a, arena_head(a)->socketOffset);
  put(a, cookie, 1);
  u32 home = slot_of(a, cookie);
  for (u64 other = cookie + 1;; other++) {
    memset(slots, 0, SOCKETS * sizeof *slots);
    put(a, other, 1);
    if (slot_of(a, other) == home) return other;
  }
}

/* In each round one process frees a slot and takes it; the other may have looked at it before, and takes the next one. */
static void store_socket(struct arena *a, u64 neighbour, u64 cookie, bool remover) {
  if (remover) arena_socket_remove(a, neighbour);
  put(a, cookie, remover ? 1 : 2);
}

static void sockets(struct arena *a, struct shared *shared) {
  u64 cookie = 5000, neighbour = neighbour_of(a, cookie);
  struct wire_socket *slots = table(a, arena_head(a)->socketOffset);
  pid_t child = pattern_fork();
  if (child == 0) {
    for (u32 round = 1; round <= ROUNDS; round++) {
      reach(&shared->go, round);
      store_socket(a, neighbour, cookie, true);
      __atomic_store_n(&shared->done, round, __ATOMIC_SEQ_CST);
    }
    _exit(0);
  }
  for (u32 round = 1; round <= ROUNDS; round++) {
    memset(slots, 0, SOCKETS * sizeof *slots);
    put(a, neighbour, 1);
    __atomic_store_n(&shared->go, round, __ATOMIC_SEQ_CST);
    for (volatile u32 delay = round % 100; delay; delay--) continue;
    store_socket(a, neighbour, cookie, false);
    reach(&shared->done, round);
    u32 count = 0;
    for (u32 i = 0; i < SOCKETS; i++) count += slots[i].cookie == cookie;
    CHECK(count == 1, "the socket is there %u times in round %u", count, round);
    CHECK(arena_socket_version(a, cookie) == 2, "version 2 was lost in round %u", round);
  }
  pattern_end(child, 0);
}

static void processes(struct arena *a, struct shared *shared) {
  struct wire_process *rows = table(a, arena_head(a)->processOffset);
  pid_t child = pattern_fork();
  if (child == 0) {
    for (u32 round = 1; round <= ROUNDS; round++) {
      reach(&shared->go, round);
      arena_process_add(a, (pid_t)round, 1, 1, PROCESS_UNDER_SHIM, "itself");
      __atomic_store_n(&shared->done, round, __ATOMIC_SEQ_CST);
    }
    _exit(0);
  }
  for (u32 round = 1; round <= ROUNDS; round++) {
    memset(rows, 0, PROCESSES * sizeof *rows);
    __atomic_store_n(&shared->go, round, __ATOMIC_SEQ_CST);
    for (volatile u32 delay = round % 300; delay; delay--) continue;
    arena_process_add(a, (pid_t)round, 1, 1, PROCESS_SPAWNED, "fixture");
    reach(&shared->done, round);
    CHECK(rows[0].pid == round && rows[1].pid == 0, "the process has two rows in round %u", round);
    CHECK(rows[0].flags == (PROCESS_SPAWNED | PROCESS_UNDER_SHIM), "flags %u in round %u", rows[0].flags, round);
  }
  pattern_end(child, 0);
}

int main(int count, char **arguments) {
  CHECK(count == 3, "usage: meetings DIR socket|process");
  struct arena *a = pattern_open(arguments[1], 64, SOCKETS);
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (strcmp(arguments[2], "socket") == 0)
    sockets(a, shared);
  else
    processes(a, shared);
  printf("{\"lost\":%lu}\n", arena_head(a)->registryLost);
  return 0;
}
