/* SPDX-License-Identifier: MIT
 * The directory's names as files: which are alive, which may be removed. The kernel's /proc/net/unix is the only judge, so the answer is
 * right for processes that were killed and for those of the reference as well. */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <stdbool.h>

#include "network.h"

/* Which sockets keep a name alive. Accepted connections bear the listener's name: bind(2) without SO_REUSEADDR minds them, with it only
 * sockets that are not connected count. USERS_UNASKED: every name that is there counts as alive. */
enum directory_users { USERS_ANY, USERS_UNCONNECTED, USERS_UNASKED };

/* True when such a socket is bound to the address that has this plain name, in a group any of its members; a symbolic link counts for its
 * target. When the kernel can't be asked: true. */
bool directory_is_live(const struct network *n, const char *path, enum directory_users users);
/* The same for one name, as it was bound. */
bool directory_file_is_live(const char *path, enum directory_users users);
/* The lock for everything that removes names of others: flock(2) on the directory. Returns a descriptor or -errno. */
int directory_lock(const struct network *n);
/* -EWOULDBLOCK when somebody has it. */
int directory_try_lock(const struct network *n);
void directory_unlock(int lock);
/* Under the lock: removes the path if it is dead. 0: it is free now; -EADDRINUSE: alive; else -errno. */
int directory_clear(const struct network *n, const char *path, enum directory_users users);
/* The text of a symbolic link to `target`. */
enum { DIRECTORY_LINK_MAX = 32 };
void directory_link(const char *target, bool from_loopback, char *out);
/* A symbolic link `path` to the file of the main directory that `target` names; makes the loopback directory on demand.
 * 0; 1: it is there already, made by another member of the address's group or left by one; else -errno. */
int directory_alias(const struct network *n, const char *path, const char *target, bool from_loopback, enum directory_users users);
/* Calls `visit` for each entry of the open directory `fd` whose name begins with no dot. */
void directory_each(int fd, void (*visit)(int fd, const char *name, void *context), void *context);
/* Makes the loopback directory that a name is in. */
void directory_make_loopback(const struct network *n, const char *name);
/* What taking a name answered, as bind(2) of an inet socket says it. Trouble with the directory is told in the log, once until it changes. */
int directory_error(const struct network *n, int result);
/* For a name that was not found. */
bool directory_is_gone(const struct network *n);

#endif
