/* SPDX-License-Identifier: MIT
 * Several datagram sockets on one address: which of them hears a sender. */
#ifndef DATAGRAM_RIVAL_H
#define DATAGRAM_RIVAL_H

#include "sock.h"

/* From now on several may be there. */
void datagram_crowd(struct network *n);
bool datagram_is_crowded(const struct network *n);
/* True when whoever has the port is under this library, as far as is known. */
bool datagram_knows_receiver(const struct network *n, const struct address *to);
/* Makes the attempt, a send or a connect, with the name in `un` of whoever hears s at the address: the one that is connected to it; else of those
 * with SO_REUSEPORT always the same one, while all are there; else the last one bound. Where that one turns out to be dead, with the next one's.
 * What the last attempt answered; -ECONNREFUSED or -ENOENT without one: nobody hears. */
typedef long datagram_attempt(void *context);
long datagram_reach(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *un,
                    datagram_attempt *attempt, void *context);

#endif
