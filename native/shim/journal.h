/* SPDX-License-Identifier: MIT
 * Append to the journal, and read it. Writers: any number of processes, also inside signal handlers. Reader: one. */
#ifndef JOURNAL_H
#define JOURNAL_H

#include "arena.h"

struct event {
  enum wire_op op;
  int fd;
  long result;
  u32 detail;
  u32 position;
  u64 message_id;
  const struct wire_info *info; /* may be NULL */
  const char *text;             /* may be NULL */
};

/* Appends one record and wakes sleeping readers. Never blocks; a full ring counts in `lost`. `a` may be NULL: nothing happens. Signal-safe: yes. */
void journal_write(struct arena *a, const struct event *e);

/* Copies up to `count` published records, in order, and frees them. A record whose writer is dead is delivered with op OP_none and its pid.
 * Returns their number. */
u32 journal_read(struct arena *a, struct wire_record *out, u32 count);
/* Sleeps until there may be something to read, or `timeout_ms` (-1: no limit). False on time-out. */
bool journal_wait(struct arena *a, int timeout_ms);
/* Wakes a reader without a record: for closing. */
void journal_wake(struct arena *a);

/* The pid and tid of the caller without a system call on the hot path. They are kept per thread: the child's side of fork forgets them, and
 * so do both sides of vfork, where the child writes into its parent's thread. Signal-safe: yes. */
u32 journal_pid(void);
u32 journal_tid(void);
void journal_forget_pid(void);

#endif
