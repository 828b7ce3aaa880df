/* SPDX-License-Identifier: MIT
 * Multicast groups: who has joined which, on which interface. In a network the table of memberships is in the arena, so that a sender on any host
 * sees it; a plain wrapper knows the sockets of its own process. All >= 0 or -errno. */
#ifndef MULTICAST_H
#define MULTICAST_H

#include "sock.h"

/* setsockopt of a membership or of the sending interface. -ENOTTY: another option. */
int multicast_set(int fd, struct sock *s, int level, int number, const void *value, socklen_t length);
/* The socket has ended. */
void multicast_forget(const struct network *n, u64 cookie);

/* The interface that a socket sends to a group by: 1 or 2. */
u32 multicast_interface(const struct sock *s, const struct wire_info *info, bool v6);
/* Bit n - 1: host n has a member of the group on the interface that wants the source (ip_check_mc_rcu). */
u64 multicast_hosts(const struct network *n, const struct address *group, const struct address *source, u32 interface);
/* True when the socket takes what `source` sends to the group (ip_mc_sf_allow, inet6_mc_check). */
bool multicast_takes(const struct network *n, const struct wire_info *info, const struct address *group, const struct address *source,
                     u32 interface);

/* A socket that is bound to a group has a name of its own in <dir>/mc/, and no unicast reaches it. Returns the number in that name. */
int multicast_bind(int fd, const struct network *n, const struct address *a);
void multicast_name(const struct network *n, const struct wire_info *info, struct sockaddr_un *out);

#endif
