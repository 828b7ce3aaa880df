/* SPDX-License-Identifier: MIT
 * The variables that make a program a process of the network, kept for its children: servers wipe their environment before exec (nginx at
 * a binary upgrade, env -i, login shells), and their children belong to the network all the same. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <limits.h>

enum { ENVIRONMENT_MAX = 2048 };

/* Lives on the caller's stack: after vfork nothing may be allocated. */
struct environment_room {
  char *variables[ENVIRONMENT_MAX];
  char preload[PATH_MAX];
};

/* Copies our variables out of the environment. Constructor only, in a preloaded program only. */
void environment_keep(void);
/* `given` with what is missing of ours, in `room`; or `given` itself when nothing is missing or it has too many variables. Signal-safe: yes. */
char *const *environment_with(char *const given[], struct environment_room *room);

#endif
