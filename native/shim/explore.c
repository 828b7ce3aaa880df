/* SPDX-License-Identifier: MIT
 * Who takes part, and the wait of a thread for its turn. One of those who wait chooses for all. */
#include "explore.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena_map.h"
#include "explore_file.h"
#include "journal.h"
#include "log.h"
#include "name.h"
#include "table.h"

/* No thread is held longer than this; those who don't choose look now and then whether the one who does is still there. */
enum { LONGEST_NS = 1000000000, LOOK_NS = 5000000 };

bool explore_on;
static struct explore_file *file;
static __thread struct wire_actor *own;

u32 explore_count(const struct explore_file *f) {
  u32 count = LOAD_ACQUIRE(f->head.actors);
  return count < EXPLORE_ACTORS ? count : EXPLORE_ACTORS;
}

static struct explore_file *map(const char *dir) {
  char path[NAME_DIR_MAX + sizeof "/" EXPLORE_FILE];
  struct stat status;
  strcpy(stpcpy(path, dir), "/" EXPLORE_FILE);
  int fd = kernel_open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  if (fd < 0) return NULL;
  bool fits = kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) == 0 && S_ISREG(status.st_mode) && status.st_size == sizeof *file;
  long at = fits ? kernel_call(SYS_mmap, 0, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : -1;
  kernel_close(fd);
  struct explore_file *f = at < 0 && at >= -4095 ? NULL : (struct explore_file *)at;
  return f && f->head.magic == EXPLORE_MAGIC && f->head.version == EXPLORE_VERSION ? f : NULL;
}

/* The row of a living thread; 0 for its number: none. */
static u32 find(pid_t tid) {
  for (u32 i = 0; i < explore_count(file); i++)
    if (LOAD_ACQUIRE(file->actors[i].pid) && LOAD(file->actors[i].tid) == (u32)tid && LOAD(file->actors[i].state) != ACTOR_GONE)
      return i + 1;
  return 0;
}

/* `place` 0: found out when all who were made at the same time are there (explore_choose.c). */
static struct wire_actor *join(u32 parent, u32 place) {
  u32 row = ADD(file->head.actors, 1);
  if (row >= EXPLORE_ACTORS) {
    STORE(file->head.actors, EXPLORE_ACTORS);
    ADD(file->head.lost, 1);
    return NULL;
  }
  struct wire_actor *a = &file->actors[row];
  a->tid = (u32)kernel_gettid();
  a->parent = parent;
  a->place = place;
  STORE_RELEASE(a->pid, (u32)kernel_getpid());
  return a;
}

static void count_down(u32 *word) {
  u32 count = LOAD(*word);
  while (count && !SWAP(*word, count, count - 1)) continue;
}

void explore_start(const char *dir) {
  const char *place = getenv("VITEST_SOCKET_WRAPPER_EXPLORE");
  if (!place || !*place) return;
  file = map(dir);
  if (!file) {
    LOG(LOG_ERROR, "%s/" EXPLORE_FILE " cannot be used: this process is not explored", dir);
    return;
  }
  u32 before = find(kernel_gettid()), parent = find(getppid());
  if (before) {
    own = &file->actors[before - 1]; /* by exec */
    STORE_ORDERED(own->state, ACTOR_RUNS);
  } else if (parent) {
    own = join(parent, 0);
    count_down(&file->head.births);
  } else {
    own = join(0, (u32)strtoul(place, NULL, 10));
    ADD(file->head.arrived, 1);
  }
  explore_on = true;
}

void explore_before_birth(void) {
  if (explore_on && !table_in_vfork_child) ADD(file->head.births, 1);
}

void explore_no_birth(void) {
  if (explore_on) count_down(&file->head.births);
}

void explore_born(pid_t parent) {
  if (!explore_on) return;
  own = join(find(parent), 0);
  count_down(&file->head.births);
}

static struct wire_actor *actor(void) {
  pid_t tid = kernel_gettid();
  if (own && own->tid == (u32)tid) return own;
  u32 row = find(tid);
  own = row ? &file->actors[row - 1] : join(find(kernel_getpid()), 0);
  return own;
}

static struct wire_actor *first_thread(struct wire_actor *a) {
  return a->tid != a->pid && a->parent && a->parent <= EXPLORE_ACTORS ? &file->actors[a->parent - 1] : a;
}

static bool take_lead(void) {
  u32 held = LOAD(file->head.lead);
  return (!held || !explore_is_alive((pid_t)held)) && SWAP(file->head.lead, held, own->tid);
}

static void wait_for_turn(void) {
  struct explore_watch watch = {0};
  u64 began = arena_clock(CLOCK_MONOTONIC), now = began;
  bool leads = false;
  for (; LOAD_ACQUIRE(own->state) != ACTOR_CHOSEN; now = arena_clock(CLOCK_MONOTONIC)) {
    if (now - began > LONGEST_NS) {
      explore_take(file, own, true);
      break;
    }
    u32 turn = LOAD_ORDERED(file->head.turn);
    if (!leads) leads = take_lead();
    long nap = leads ? explore_choose(file, &watch, now) : 0;
    if (nap) kernel_nap(nap);
    if (!leads) kernel_futex_wait(&file->head.turn, turn, &(struct timespec){0, LOOK_NS});
  }
  STORE_ORDERED(own->state, ACTOR_RUNS);
  if (leads) STORE_ORDERED(file->head.lead, 0);
  explore_wake(file);
}

void explore_wait(enum wire_point point) {
  /* The child of vfork runs as its parent, which waits for it. */
  if (table_in_vfork_child || !actor()) return;
  u64 signals = kernel_hold_signals();
  struct wire_actor *first = first_thread(own);
  STORE(own->stray, 0);
  STORE(first->stray, 0);
  STORE(first->lingered, 0);
  STORE(own->point, point);
  STORE_ORDERED(own->state, ACTOR_WAITS);
  ADD(file->head.turn, 1);
  wait_for_turn();
  kernel_free_signals(signals);
}
