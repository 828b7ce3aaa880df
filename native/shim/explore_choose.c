/* SPDX-License-Identifier: MIT
 * Who goes next: probabilistic concurrency testing. The first priorities are a random order of the threads. At depth - 1 choices, drawn among
 * the expected ones, who would go next falls below all others. A hand-over for which nobody else waits is no choice: a fall there would show
 * at the next choice only, and can happen there as well. */
#include <limits.h>

#include "arena_map.h"
#include "explore_file.h"

/* How long a thread may run without a hand-over while others wait; how long sleepers are given to be woken by their timers, in half of the
 * runs, and how often in one run; the naps between two looks, which grow. */
enum { RUNNING_NS = 250000000, LINGER_NS = 25000000, LINGERS_MAX = 20, NAP_NS = 30000, NAP_MAX_NS = 1000000 };
enum { FALL_SALT = 1000, LINGER_SALT = 2000, TOP_SALT = 3000, THREAD_SALT = 4000 };

/* The finaliser of SplitMix64 (Steele, Lea, Flood: "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014). */
static u64 mix(u64 value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

static u64 draw(const struct explore_file *f, u64 what) { return mix(mix(f->head.seed) ^ mix(what)); }

static struct wire_actor *actor_at(struct explore_file *f, u32 row) { return row && row <= EXPLORE_ACTORS ? &f->actors[row - 1] : NULL; }

static void place(struct explore_file *f, struct wire_actor *a) {
  struct wire_actor *parent = actor_at(f, a->parent);
  if (!a->place) a->place = parent ? ++parent->children : ADD(f->head.arrived, 0) + EXPLORE_ACTORS;
  u64 from = parent ? parent->path : TOP_SALT;
  a->path = mix(from + a->place + (parent && a->tid != a->pid ? THREAD_SALT : 0));
  STORE_RELEASE(a->priority, draw(f, a->path) | 1ULL << 63); /* above those that have fallen */
}

static bool is_before(const struct wire_actor *a, const struct wire_actor *b) {
  return a->parent != b->parent ? a->parent < b->parent : a->tid < b->tid;
}

/* Who came meanwhile gets a number: siblings in the order in which they were made, whoever was faster. */
static void place_all(struct explore_file *f) {
  for (;;) {
    struct wire_actor *next = NULL;
    for (u32 i = 0; i < explore_count(f); i++) {
      struct wire_actor *a = &f->actors[i];
      if (LOAD_ACQUIRE(a->pid) && !a->priority && (!next || is_before(a, next))) next = a;
    }
    if (!next) return;
    place(f, next);
  }
}

static struct wire_actor *highest(struct explore_file *f, u32 *waiting) {
  struct wire_actor *found = NULL;
  *waiting = 0;
  for (u32 i = 0; i < explore_count(f); i++) {
    struct wire_actor *a = &f->actors[i];
    if (LOAD_ACQUIRE(a->state) != ACTOR_WAITS || !a->priority) continue;
    ++*waiting;
    if (!found || a->priority > found->priority) found = a;
  }
  return found;
}

/* True when the priority of who would go next has changed. */
static bool falls(struct explore_file *f, struct wire_actor *a) {
  u32 choice = f->head.choices + 1, expected = f->head.expected ? f->head.expected : 1;
  for (u32 change = 0; change + 1 < f->head.depth && change < EXPLORE_DEPTH_MAX; change++) {
    if (f->head.changed & 1u << change || 1 + draw(f, FALL_SALT + change) % expected != choice) continue;
    f->head.changed |= 1u << change;
    a->priority = change + 1;
    return true;
  }
  return false;
}

static bool is_asleep_above(const struct wire_actor *a, const struct wire_actor *next) {
  return a->tid == a->pid && LOAD(a->state) == ACTOR_RUNS && !a->stray && !a->lingered && a->priority > next->priority;
}

/* A sleeper that would go first may have a timer. True while it is given time. */
static bool lingers(struct explore_file *f, struct explore_watch *w, const struct wire_actor *next, u64 now) {
  bool any = false;
  if (!(draw(f, LINGER_SALT) & 1) || f->head.lingers >= LINGERS_MAX) return false;
  for (u32 i = 0; i < explore_count(f); i++) any = any || is_asleep_above(&f->actors[i], next);
  if (!any) return false;
  if (!w->quiet) w->quiet = now;
  if (now - w->quiet < LINGER_NS) return true;
  f->head.lingers++;
  for (u32 i = 0; i < explore_count(f); i++)
    if (is_asleep_above(&f->actors[i], next)) f->actors[i].lingered = 1;
  return false;
}

void explore_take(struct explore_file *f, struct wire_actor *a, bool late) {
  u32 step = ADD(f->head.taken, 1);
  if (late) ADD(f->head.late, 1);
  ADD(a->steps, 1);
  if (step >= EXPLORE_STEPS) return;
  f->steps[step] = (struct wire_step){.actor = (u32)(a - f->actors), .point = (u16)a->point, .late = late};
}

void explore_wake(struct explore_file *f) {
  ADD(f->head.turn, 1);
  kernel_futex_wake(&f->head.turn, INT_MAX);
}

static bool is_quiet(struct explore_file *f) {
  u64 before, after;
  return explore_is_quiet(f, &before) && explore_is_quiet(f, &after) && before == after;
}

static long nap(u64 waited) { return waited < 8 * NAP_NS ? NAP_NS : waited < 8L * NAP_MAX_NS ? (long)(waited / 8) : NAP_MAX_NS; }

long explore_choose(struct explore_file *f, struct explore_watch *w, u64 now) {
  u32 turn = LOAD_ORDERED(f->head.turn);
  if (!w->since || turn != w->turn) *w = (struct explore_watch){.turn = turn, .since = now};
  if (!is_quiet(f)) {
    w->quiet = 0;
    if (now - w->since < RUNNING_NS) return nap(now - w->since);
    explore_forgive(f);
  }
  place_all(f);
  struct wire_actor *next;
  u32 waiting;
  while ((next = highest(f, &waiting))) {
    if (!explore_is_alive((pid_t)next->tid))
      STORE_ORDERED(next->state, ACTOR_GONE);
    else if (waiting < 2 || !falls(f, next))
      break;
  }
  if (!next) return NAP_NS;
  if (lingers(f, w, next, now)) return NAP_MAX_NS;
  if (waiting > 1) f->head.choices++;
  explore_take(f, next, false);
  u32 waits = ACTOR_WAITS;
  SWAP(next->state, waits, ACTOR_CHOSEN);
  explore_wake(f);
  return 0;
}
