/* SPDX-License-Identifier: MIT
 * UDP: addresses on each message, connected and not, pktinfo, errors. All >= 0 or -errno; `fd` is a datagram socket of ours. */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include "sock.h"

long datagram_connect(int fd, struct sock *s, const struct sockaddr *to, socklen_t length);
long datagram_send(int fd, struct sock *s, const struct msghdr *message, int flags);
/* As recvmsg(2): msg_name and msg_namelen show inet addresses, msg_control the pktinfo that the program asked for. */
long datagram_receive(int fd, struct sock *s, struct msghdr *message, int flags);

#endif
