/* SPDX-License-Identifier: MIT
 * The directory's names as files: which are alive, which may be removed. The kernel's /proc/net/unix is the only judge, so the answer is
 * right for processes that were killed and for those of the reference as well. */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>

#include "network.h"

/* Which sockets keep a name alive. Accepted connections bear the listener's name: bind(2) without SO_REUSEADDR minds them, with it only
 * sockets that are not connected count. */
enum directory_users { USERS_ANY, USERS_UNCONNECTED };

/* True when such a socket is bound to the path (a symbolic link counts for its target). When the kernel can't be asked: true. */
bool directory_is_live(const struct network *n, const char *path, enum directory_users users);
/* The lock for everything that removes names of others: flock(2) on the directory. Returns a descriptor or -errno. */
int directory_lock(const struct network *n);
void directory_unlock(int lock);
/* Under the lock: removes the path if it is dead. 0: it is free now; -EADDRINUSE: alive; else -errno. */
int directory_clear(const struct network *n, const char *path, enum directory_users users);
/* A symbolic link `path` to the file of the main directory that `target` names; makes the loopback directory on demand. */
int directory_alias(const struct network *n, const char *path, const char *target, bool from_loopback, enum directory_users users);
/* Makes the loopback directory of the own host. */
void directory_make_loopback(const struct network *n);
/* What taking a name answered, as bind(2) of an inet socket says it. Trouble with the directory is told in the log, once until it changes. */
int directory_error(const struct network *n, int result);
/* For a name that was not found. */
bool directory_is_gone(const struct network *n);
/* Calls `visit` with the inode of every unix socket of the machine's network namespace. 0, or -1 when the kernel can't be asked. */
int directory_each_inode(void (*visit)(u64 inode, void *context), void *context);

#endif
