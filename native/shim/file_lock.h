/* SPDX-License-Identifier: MIT
 * An exclusive lock between threads and processes: flock(2) of a file that is opened for it. The kernel takes it from a process that is killed,
 * and while it is held no signal handler runs in the thread: it might want the lock that it interrupted. Signal-safe: yes. */
#ifndef FILE_LOCK_H
#define FILE_LOCK_H

#include "kernel.h"

/* Opens and locks. `operation`: LOCK_EX, perhaps with LOCK_NB. The descriptor, or -errno; `signals` is for file_lock_close. */
int file_lock_open(const char *path, int flags, int operation, uint64_t *signals);
void file_lock_close(int fd, uint64_t signals);

/* A child has a copy of what other threads of its parent have locked, with which the lock would outlive the parent: before each fork, and after it
 * in the parent, also when it failed, and in the child. */
void file_lock_before_fork(void);
void file_lock_after_fork(void);
void file_lock_in_child(void);

#endif
