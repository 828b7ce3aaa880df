/* SPDX-License-Identifier: MIT
 * usage: registry_hammer DIR PUTS KILLS
 * Four processes store versions of the same sockets, remove and store others, and check what they read; with KILLS each is killed with
 * SIGKILL after a random number of at most PUTS, wherever it is, and replaced. The next version of each socket comes from memory that they share. */
#include "pattern.h"

enum { WORKERS = 4, SHARED = 40, SLOTS = 128, OWN = 8 };

struct shared {
  u32 versions[SHARED];
};

static u64 shared_cookie(u32 index) { return 1000 + index; }

/* Sockets of the worker alone, that come and go: they leave tombstones and take them again. */
static u64 own_cookie(u32 worker, u64 round, u32 index) { return (round * WORKERS + worker + 1) * 100000 + index; }

static void check_read(struct arena *a, u64 cookie, u32 at_least) {
  struct wire_info info;
  CHECK(arena_socket_get(a, cookie, &info), "socket %lu is gone", cookie);
  CHECK(info.cookie == cookie && pattern_holds(&info), "socket %lu version %u is torn", cookie, info.version);
  CHECK(info.version >= at_least, "socket %lu went from version %u back to %u", cookie, at_least, info.version);
}

static void put(struct arena *a, u64 cookie, u32 version) {
  struct wire_info info = pattern_info(cookie, version);
  arena_socket_put(a, &info);
}

/* Says in `ready` that it has done `puts`; then it ends, or goes on until it is killed. */
static void work(struct arena *a, struct shared *shared, u32 worker, u64 puts, int ready, bool endless) {
  u32 seed = (u32)getpid(), seen[SHARED] = {0};
  u64 done = 0;
  for (u64 round = (u64)getpid(); done < puts || endless; round += 1 << 22) {
    for (u32 i = 0; i < OWN; i++) put(a, own_cookie(worker, round, i), 1);
    for (u32 turn = 0; turn < 200; turn++) {
      u32 i = (u32)rand_r(&seed) % SHARED;
      u32 version = __atomic_add_fetch(&shared->versions[i], 1, __ATOMIC_SEQ_CST);
      put(a, shared_cookie(i), version);
      seen[i] = version; /* it is stored, or a newer one was */
      u32 other = (u32)rand_r(&seed) % SHARED, known = arena_socket_version(a, shared_cookie(other));
      CHECK(known >= seen[other], "socket %u has version %u, it had %u", other, known, seen[other]);
      if (known) check_read(a, shared_cookie(other), seen[other] = known);
      if (++done == puts) CHECK(write(ready, &worker, sizeof worker) == sizeof worker, "write: %s", strerror(errno));
    }
    for (u32 i = 0; i < OWN; i++) {
      check_read(a, own_cookie(worker, round, i), 1);
      arena_socket_remove(a, own_cookie(worker, round, i));
      struct wire_info info;
      CHECK(!arena_socket_get(a, own_cookie(worker, round, i), &info), "a removed socket is still there");
    }
  }
  _exit(0);
}

static pid_t start(struct arena *a, struct shared *shared, u32 worker, u64 puts, int ready, bool endless) {
  pid_t child = pattern_fork();
  if (child == 0) work(a, shared, worker, puts, ready, endless);
  return child;
}

int main(int count, char **arguments) {
  CHECK(count == 4, "usage: registry_hammer DIR PUTS KILLS");
  struct arena *a = pattern_open(arguments[1], 64, SLOTS);
  u64 puts = (u64)atol(arguments[2]);
  u32 kills = (u32)atoi(arguments[3]);
  struct shared *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pids[WORKERS];
  int ready[2];
  CHECK(pipe(ready) == 0, "pipe: %s", strerror(errno));
  for (u32 w = 0; w < WORKERS; w++) pids[w] = start(a, shared, w, puts, ready[1], kills);
  for (u32 killed = 0; killed < kills; killed++) {
    u32 w;
    CHECK(read(ready[0], &w, sizeof w) == sizeof w, "read: %s", strerror(errno));
    kill(pids[w], SIGKILL);
    pattern_end(pids[w], SIGKILL);
    /* What a killed worker had of its own stays: as with a real one, somebody else removes it. */
    static struct wire_info infos[SLOTS];
    u32 found = arena_sockets(a, infos, SLOTS);
    for (u32 i = 0; i < found; i++)
      if (infos[i].cookie >= 100000 && (infos[i].cookie / 100000 - 1) % WORKERS == w) arena_socket_remove(a, infos[i].cookie);
    pids[w] = start(a, shared, w, 1 + (u64)rand() % puts, ready[1], true);
  }
  for (u32 w = 0; w < WORKERS; w++) {
    if (kills) kill(pids[w], SIGKILL);
    pattern_end(pids[w], kills ? SIGKILL : 0);
  }

  /* Every socket is there once, and can be written as ever. */
  static struct wire_info infos[SLOTS];
  u32 found = arena_sockets(a, infos, SLOTS), present = 0;
  for (u32 i = 0; i < found; i++) {
    CHECK(pattern_holds(&infos[i]), "socket %lu is torn", infos[i].cookie);
    for (u32 k = 0; k < i; k++) CHECK(infos[k].cookie != infos[i].cookie, "socket %lu is there twice", infos[i].cookie);
    if (infos[i].cookie < 100000)
      present++;
    else
      CHECK(kills, "socket %lu was removed and is there", infos[i].cookie);
  }
  CHECK(present == SHARED, "%u of %d sockets are there", present, SHARED);
  for (u32 i = 0; i < SHARED; i++) {
    u32 version = shared->versions[i] + 1;
    put(a, shared_cookie(i), version);
    put(a, shared_cookie(i), version - 1);
    check_read(a, shared_cookie(i), version);
  }
  printf("{\"kills\":%u,\"lost\":%lu}\n", kills, arena_head(a)->registryLost);
  return 0;
}
