/* SPDX-License-Identifier: MIT
 * One datagram to many: multicast and broadcast. */
#ifndef DATAGRAM_MANY_H
#define DATAGRAM_MANY_H

#include "courier.h"
#include "sock.h"

struct datagram_target {
  const struct address *to;
  u32 interface;
  const struct courier_label *label;
};

/* To every socket of the network that hears it; in a plain wrapper, of the process. What single receivers answer is nobody's. `message` has
 * neither name nor control data. */
void datagram_send_many(int fd, struct sock *s, const struct wire_info *info, const struct datagram_target *target,
                        const struct msghdr *message, size_t size);

#endif
