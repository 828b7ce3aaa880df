/* SPDX-License-Identifier: MIT
 * The root directory that the process had before chroot(2). The program gets the new one; its network stays where it is, and every path of the
 * shim goes on from the old one, by a descriptor that is kept (kernel_root). A unix name can't be given to the kernel so: bind, connect and
 * send go to a thread of a moment whose working directory is the old root. Its names lack their first slash, which the kernel shows so to
 * others (unix_list.c, recover.c). */
#ifndef ROOT_H
#define ROOT_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "kernel.h"

/* chroot(2). Returns 0 or -errno. */
int root_change(const char *path);
/* bind, connect and sendmsg with a name that the shim has written. Return >= 0 or -errno. Signal-safe: yes. */
int root_bind(int fd, const struct sockaddr_un *name, socklen_t length);
int root_connect(int fd, const struct sockaddr_un *to, socklen_t length);
/* root_connect of a socket that the shim has for itself: no cancellation point, and no call that a filter of the program does not know. */
int root_probe(int fd, const struct sockaddr_un *to, socklen_t length);
long root_send(int fd, const struct msghdr *message, int flags);
/* The kept descriptor is the shim's own: it can't be closed, and moves out of the way of a copy to its number. */
static inline bool root_is(int fd) { return fd >= 0 && fd == __atomic_load_n(&kernel_root, __ATOMIC_RELAXED); }
void root_make_way(int fd);
int root_close_range(unsigned first, unsigned last, int flags);

#endif
