/* SPDX-License-Identifier: MIT
 * Who uses a socket that came by a pass, a fork or an exec. Its data path has no room for a record of each call, and needs none: the first input
 * that a process takes, or asks for, says that it takes the socket for its own, and the first output that it is in use. Flags of the descriptor
 * (table.h) say what is still owed: TABLE_WATCHED a record of the next input, TABLE_IDLE one of the first use of any kind, TABLE_FRESH that no
 * input was taken yet. Signal-safe: yes. */
#ifndef CONSUME_H
#define CONSUME_H

#include <poll.h>
#include <sys/select.h>

#include "table.h"

/* Forked: from now on the next input of this descriptor is journalled, once. Nothing without an arena, and for datagrams, which are whole for
 * anybody. */
void consume_watch(int fd, struct sock *s);
/* Passed, or found after an exec: its first use as well, also of datagrams. */
void consume_begin(int fd, struct sock *s);
/* The same for all descriptors of the socket. */
void consume_begin_all(int fd, struct sock *s);
/* It is about to be passed: whether this process has taken input from it since it made, accepted or received it. */
bool consume_has_taken(const struct sock *s);

void consume_tell(int fd);
/* Stands before each call that takes input. Returns the entry as it is when the call begins. */
static inline u32 consume_input(int fd) {
  u32 entry = table_entry(fd);
  if (!(entry & (TABLE_WATCHED | TABLE_IDLE | TABLE_EXPLORED))) return entry;
  consume_tell(fd);
  return table_entry(fd);
}

void consume_taken(int fd, u32 entry);
/* Stands after it: `got` says that it took something. An entry that has changed meanwhile was passed, or closed, by another thread. */
static inline void consume_after(int fd, u32 entry, bool got) {
  if (entry && got && ((entry & TABLE_FRESH) || table_entry(fd) != entry)) consume_taken(fd, entry);
}

void consume_produce(int fd);
/* Stands before each call that gives output. */
static inline void consume_output(int fd, u32 entry) {
  if (entry & (TABLE_IDLE | TABLE_EXPLORED)) consume_produce(fd);
}

/* Before and after a change of status flags: those of a socket that others may hold, -1 for all else. */
int consume_flags(int fd);
void consume_altered(int fd, int before);

/* True once any descriptor was idle: until then the calls that wait for input have nothing to look for. */
extern _Atomic bool consume_is_begun;
/* Waiting for input. */
void consume_arm(int fd);
void consume_arm_polls(const struct pollfd *polls, nfds_t count);
void consume_arm_set(const fd_set *set, int count);

#endif
