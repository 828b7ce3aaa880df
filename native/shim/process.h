/* SPDX-License-Identifier: MIT
 * The life of the process in its network. */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include "network.h"

/* Its program, as the arena has it. */
const char *process_program(void);
/* Constructor: argv[0], since program_invocation_short_name is not set yet. */
void process_name(const char *path);
/* Constructor: enters the process table and watches fork. `n` may be NULL. */
void process_start(struct network *n);
/* Destructor: removes names, leaves the table. */
void process_exit(struct network *n);

/* Around calls that fork without libc's atfork handlers. Signal-safe: yes. */
void process_before_fork(void);
pid_t process_forked(pid_t result);

/* Around exec: what survives it can be found by the new program, which counts as outside of the network until its shim tells of it.
 * The second is for an exec that failed. Signal-safe: yes. */
void process_before_exec(const char *path);
void process_exec_failed(void);
/* Around calls that start a program in a child of their own; `copies`: the child may copy descriptors. Signal-safe: yes. */
u64 process_before_spawn(bool copies);
void process_spawned(pid_t child, const char *path, u64 since);

#endif
