/* SPDX-License-Identifier: MIT
 * A courier: a socket that lives for one datagram, or a few, and hands them over under somebody else's name. The kernel tells the receiver
 * the courier's own name, and that is made of the sender's and of what else the receiver must know. So the bytes stay as they are, and any
 * number of processes may send under one name. */
#ifndef COURIER_H
#define COURIER_H

#include "courier_label.h"
#include "network.h"

/* Sends one datagram under that name, without waiting. Its size, or -errno. */
long courier_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message);
/* Sends one datagram of `fd`, with a courier as a descriptor beside it, for its label. As sendmsg(2). */
long courier_ride(const struct network *n, const struct courier_label *label, int fd, const struct msghdr *message, int flags);
/* The label of a courier that came so; false for any other descriptor. */
bool courier_met(const struct name_world *world, int fd, struct courier_label *out);

#endif
