/* SPDX-License-Identifier: MIT
 * MSG_ERRQUEUE of UDP: with IP_RECVERR or IPV6_RECVERR a socket keeps what it sent to a port that nobody has, as it came back by ICMP. In the
 * process that sent it. */
#ifndef ERROR_QUEUE_H
#define ERROR_QUEUE_H

#include "sock.h"

static inline bool error_queue_waits(const struct sock *s) { return atomic_load_explicit(&s->errors, memory_order_relaxed) != NULL; }

/* A datagram to `to` was refused. */
void error_queue_add(struct sock *s, const struct address *to, const struct msghdr *message);
/* recvmsg(2) with MSG_ERRQUEUE: the size, or -EAGAIN. */
long error_queue_take(struct sock *s, struct msghdr *message);
void error_queue_drop(struct sock *s);

#endif
