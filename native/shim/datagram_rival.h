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
/* The one that is connected to this sender; else of those with SO_REUSEPORT always the same one, while all are there. Writes its name to `out`,
 * and returns its cookie; 0: the address's plain name leads to whoever hears. */
u64 datagram_rival(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *out);
/* The same when that one was gone: it is not looked at again. */
u64 datagram_next_rival(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *out, u64 gone);

#endif
