/* SPDX-License-Identifier: MIT
 * O_ASYNC and its owner, which belong to the file behind a descriptor. Signal-safe: yes. */
#ifndef SIGNAL_DRIVEN_H
#define SIGNAL_DRIVEN_H

/* Owner and signal of the file for another one that takes its place; O_ASYNC is for signal_driven_start, once it has. */
void signal_driven_copy(int from, int to);
/* Turns O_ASYNC on at the number that the signals are to tell. */
void signal_driven_start(int fd);
/* The signal of a socket that may be written to now. */
void signal_driven_tell(int fd);

#endif
