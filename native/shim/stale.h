/* SPDX-License-Identifier: MIT
 * Numbers whose socket was closed and that nobody has. Who closes or sends one by mistake hits whoever is given the number first; the kernel's
 * EBADF is the lucky case, and the only one that can be seen. Signal-safe: yes. */
#ifndef STALE_H
#define STALE_H

#include <sys/socket.h>

#include "sock.h"

/* Constructor only, once the table has its size: a program's own seccomp filter need not know mmap. Without memory nothing is marked. */
void stale_init(void);
/* The number was a descriptor of the socket until now. */
void stale_mark(int fd, const struct sock *s);
/* The number is in use again. */
void stale_forget(int fd);
/* close(2) answered EBADF, or (`result` >= 0) closed what is not ours. */
void stale_closed(int fd, int result);
/* sendmsg(2) answered EBADF: for its descriptors. */
void stale_sent(const struct msghdr *message);

/* True once anything was marked: until then there is nothing to look for. */
extern _Atomic bool stale_is_begun;

#endif
