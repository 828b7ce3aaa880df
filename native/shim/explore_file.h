/* SPDX-License-Identifier: MIT
 * What the files of exploring share: the mapped file, who is at rest, who goes next. */
#ifndef EXPLORE_FILE_H
#define EXPLORE_FILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "../wire/wire.h"

struct explore_file {
  struct wire_explore head;
  struct wire_actor actors[EXPLORE_ACTORS];
  struct wire_step steps[EXPLORE_STEPS];
};

/* How many rows of actors may be looked at, whatever somebody wrote into the head. */
u32 explore_count(const struct explore_file *f);

/* True when nobody runs but those who were forgiven; `switches` grows with every switch of a thread, so that two answers with the same number
 * mean that nobody ran in between. */
bool explore_is_quiet(struct explore_file *f, u64 *switches);
/* Who runs now is not waited for again until it comes to a hand-over. */
void explore_forgive(struct explore_file *f);
bool explore_is_alive(pid_t tid);

/* What the one who chooses remembers between two looks. */
struct explore_watch {
  u32 turn;  /* of the head, when it last changed */
  u64 since; /* when that was */
  u64 quiet; /* since when the sleepers have been given time; 0: they are not */
};
/* Chooses who goes on, perhaps the caller: 0. Else the time to nap before the next look, in ns. */
long explore_choose(struct explore_file *f, struct explore_watch *w, u64 now);
/* Counts and records a hand-over. */
void explore_take(struct explore_file *f, struct wire_actor *a, bool late);
void explore_wake(struct explore_file *f);

#endif
