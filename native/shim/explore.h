/* SPDX-License-Identifier: MIT
 * Provoking races. Where processes hand over sockets, a thread waits until all others wait as well, or sleep in the kernel; then the one with
 * the highest priority goes on. Priorities, and the hand-overs at which one of them changes, are drawn from a seed, as in "A Randomized
 * Scheduler with Probabilistic Guarantees of Finding Bugs" (Burckhardt, Kothari, Musuvathi, Nagarakatte; ASPLOS 2010). All of it lies in the
 * file EXPLORE_FILE of the network. A wait has a limit, and costs one load where nothing is explored. Signal-safe: yes, but for the start. */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stdbool.h>
#include <sys/types.h>

#include "../wire/wire.h"

extern bool explore_on;

void explore_wait(enum wire_point point);
static inline void explore_point(enum wire_point point) {
  if (__builtin_expect(explore_on, 0)) explore_wait(point);
}

/* Constructor: joins when the environment says so. */
void explore_start(const char *dir);
/* Before a process is made that will join, and when it was not made after all. */
void explore_before_birth(void);
void explore_no_birth(void);
/* The child's side of fork. */
void explore_born(pid_t parent);

#endif
