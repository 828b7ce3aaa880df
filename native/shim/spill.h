/* SPDX-License-Identifier: MIT
 * Where datagrams wait for which the receiver's queue has no room. The kernel's queue of a unix datagram socket holds 11 (net.unix.max_dgram_qlen),
 * that of a UDP socket as many as its SO_RCVBUF takes, some 250 small ones. The others lie in a file of the directory, and the receiver moves
 * them on as it reads. While no queue of the network has spilled, this costs one load of `*network->spilling`.
 *
 * Nobody sleeps over a full file: it is only filled while the queue is full, and whoever takes a datagram out of that fills it up again. */
#ifndef SPILL_H
#define SPILL_H

#include <sys/types.h>

#include "courier.h"
#include "sock.h"

/* `*network->spilling`: how many queues have spilled, and in the upper half how often one did. */
enum { SPILL_COUNT = 0xffff, SPILL_TURN = 0x10000 };

static inline bool spill_any_in(const struct network *n) { return atomic_load_explicit(n->spilling, memory_order_relaxed) & SPILL_COUNT; }
static inline bool spill_any(const struct sock *s) { return spill_any_in(s->network); }

/* Sends one datagram to the name `to`, behind those that wait there: when something waits somewhere, or the kernel had no room.
 * `full`: the kernel had no room. Returns the size, also of a datagram that finds none (UDP drops it); -ENOENT when nothing waits there and it
 * is not `full`, or the name is gone; -EAGAIN when the receiver would not look for it; -ECONNREFUSED when it is dead. */
long spill_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message,
                size_t size, bool full);
/* After a datagram was taken from s, or (`empty`) none was found. True when something was, or is, in the queue again. */
bool spill_refill(struct sock *s, bool empty);
/* True when something waits for s. */
bool spill_waits(struct sock *s);
/* The socket with that name ends: nobody will read what waits. */
void spill_end(const struct network *n, const char *path);
/* The same for a socket of a process that has ended without. */
void spill_bury(const struct network *n, ino_t inode);

#endif
