/* SPDX-License-Identifier: MIT
 * A courier: a socket that lives for one datagram, or a few, and hands them over under somebody else's name. The kernel tells the receiver
 * the courier's own name, and that is made of the sender's and of what else the receiver must know. So the bytes stay as they are, and any
 * number of processes may send under one name. */
#ifndef COURIER_H
#define COURIER_H

#include "network.h"

struct courier_label {
  struct name source;
  struct address to;                                                    /* port 0 when the receiver sees it by itself */
  uint8_t hops;                                                         /* TTL or hop limit */
  uint8_t traffic;                                                      /* TOS or traffic class */
  u32 drops;                                                            /* how many the receiver had lost before it, + 1; 0: not known */
  enum courier_near { NEAR_UNKNOWN, NEAR_LOOPBACK, NEAR_ADDRESS } near; /* which address of its host the sender sent from */
};

/* Sends one datagram under that name, without waiting. Its size, or -errno. */
long courier_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message);
/* The label in a name that the kernel gave; false for any other name. */
bool courier_read(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct courier_label *out);

#endif
