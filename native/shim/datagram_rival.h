/* SPDX-License-Identifier: MIT
 * Several datagram sockets on one address: which of them hears a sender. */
#ifndef DATAGRAM_RIVAL_H
#define DATAGRAM_RIVAL_H

#include "sock.h"

/* Of several sockets on one address, the one that is connected to this sender (compute_score of the kernel's udp.c). Writes its name to `out`. */
void datagram_prefer_connected(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *out);

#endif
