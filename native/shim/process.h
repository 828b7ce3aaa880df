/* SPDX-License-Identifier: MIT
 * The life of the process in its network. */
#ifndef PROCESS_H
#define PROCESS_H

#include "network.h"

/* Its program, as the arena has it. */
const char *process_program(void);
/* Constructor: argv[0], since program_invocation_short_name is not set yet. */
void process_name(const char *path);
/* Constructor: enters the process table and watches fork. `n` may be NULL. */
void process_start(struct network *n);
/* Destructor: removes names, leaves the table. */
void process_exit(struct network *n);

#endif
