/* SPDX-License-Identifier: MIT
 * The variables that make a program a process of the network, kept for its children: servers wipe their environment before exec (nginx at
 * a binary upgrade, env -i, login shells), and their children belong to the network all the same. */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <stddef.h>

/* Copies our variables out of the environment. Constructor only, in a preloaded program only. */
void environment_keep(void);
/* Bytes of room that environment_with needs for `given`; 0 when nothing of ours is missing in it. Signal-safe: yes. */
size_t environment_room(char *const given[]);
/* `given` with what is missing of ours, in `room`, which is on the caller's stack: after vfork nothing may be allocated. Signal-safe: yes. */
char *const *environment_with(char *const given[], void *room);
/* Puts what is missing of ours back into environ, for calls that hand it to a child themselves. Signal-safe: no. */
void environment_restore(void);

#endif
