/* SPDX-License-Identifier: MIT
 * Who takes input from a socket that several processes hold. Its data path has no room for a record of each read, and needs none: after a fork,
 * an exec or a pass, the first input that a process takes, or asks for, says that it takes the socket for its own. Signal-safe: yes. */
#ifndef CONSUME_H
#define CONSUME_H

#include "table.h"

/* From now on the next input of this descriptor is journalled, once. Nothing without an arena, and for datagrams, which are whole for anybody. */
void consume_watch(int fd, struct sock *s);
/* The same for all descriptors of the socket. */
void consume_watch_all(int fd, struct sock *s);

void consume_tell(int fd);
/* Stands before each call that takes input. */
static inline void consume_input(int fd) {
  if (table_entry(fd) & TABLE_WATCHED) consume_tell(fd);
}

#endif
