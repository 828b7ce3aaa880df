/* SPDX-License-Identifier: MIT
 * The unspecified address and the addresses of the loopback beyond 127.0.0.1. A socket on 0.0.0.0 answers on all of them but has no names for
 * them: who finds nobody at one asks at 127.0.0.1, if the socket there is marked as one of the unspecified address. */
#ifndef WILDCARD_H
#define WILDCARD_H

#include "names.h"
#include "sock.h"

/* The name of the socket that answers at a far address which is nobody's own. False: there is none. */
bool wildcard_name(const struct network *n, const struct name *far, struct sockaddr_un *out);
/* True when `un` is the far name itself, or one of a group there. */
bool wildcard_is_own(const struct network *n, const struct name *far, const struct sockaddr_un *un);
/* Before a connect to a far address: whoever accepts it on the unspecified address will want to know which one it was. */
void wildcard_tell(int fd, struct sock *s, const struct address *to);
/* The far address that the client at `peer` has connected to; false: none. */
bool wildcard_asked(const struct network *n, const struct wire_info *listener, const struct address *peer, struct address *out);
/* True when sockets with such names have to agree with others on them: wildcard_check, under the lock, then says whether they do. */
bool wildcard_matters(const struct network *n, const struct names *names);
/* 0, or -EADDRINUSE: the options of a live socket do not allow fd beside it. USERS_UNASKED: any socket, alive or not. */
int wildcard_check(int fd, const struct network *n, const struct names *names, bool to_listen, enum directory_users users);

#endif
