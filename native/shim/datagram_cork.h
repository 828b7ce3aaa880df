/* SPDX-License-Identifier: MIT
 * MSG_MORE and UDP_CORK: the bytes of several sends become one datagram. What is gathered belongs to the socket's slot in this process. */
#ifndef DATAGRAM_CORK_H
#define DATAGRAM_CORK_H

#include "sock.h"

static inline bool datagram_is_corked(const struct sock *s) { return atomic_load_explicit(&s->cork, memory_order_relaxed) != NULL; }

/* Adds the message to what is gathered, or begins with it, and sends all of it unless there will be `more`. As sendmsg(2). */
long datagram_cork(int fd, struct sock *s, const struct msghdr *message, int flags, bool more);
/* Sends what was gathered. */
void datagram_cork_flush(int fd, struct sock *s);
/* Forgets it. */
void datagram_cork_drop(struct sock *s);

#endif
