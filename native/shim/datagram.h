/* SPDX-License-Identifier: MIT
 * UDP: addresses on each message, connected and not, pktinfo, errors. All >= 0 or -errno; `fd` is a datagram socket of ours. */
#ifndef DATAGRAM_H
#define DATAGRAM_H

#include "sock.h"

long datagram_connect(int fd, struct sock *s, const struct sockaddr *to, socklen_t length);
long datagram_send(int fd, struct sock *s, const struct msghdr *message, int flags);
/* The same without MSG_MORE and UDP_CORK. */
long datagram_send_whole(int fd, struct sock *s, const struct msghdr *message, int flags);
/* What such a send would find wrong before it looks at the bytes: -errno, else the most bytes that a datagram there may have. */
long datagram_check(int fd, struct sock *s, const struct msghdr *message, int flags);
/* The family by which `to` is reached from a socket: the unspecified address means the own loopback, that of IPv4 for a socket of IPv6 that has
 * an IPv4 address (udpv6_sendmsg, __ip6_datagram_connect). 0 or -errno. */
int datagram_find_way(const struct network *n, const struct wire_info *info, struct address *to);
/* As recvmsg(2): msg_name and msg_namelen show inet addresses, msg_control the pktinfo that the program asked for. */
long datagram_receive(int fd, struct sock *s, struct msghdr *message, int flags);

/* The other name of a sender that was shown as a loopback address: beyond host 1 it has only the one of its host. False when there is none. */
bool datagram_other_name(const struct sock *s, const struct address *to, struct name *out);
/* Asks the kernel to remember the peer: its name must exist. Then unwrapped calls and poll work, and others' datagrams are refused. */
int datagram_connect_name(int fd, const struct sock *s, const struct address *peer);
/* The peer is gone: the next call reports it, poll and a receiver that sleeps in another thread learn of it at once. */
void datagram_report_refused(int fd, struct sock *s);
/* Poll tells an error, and the next receive of the kernel's does. */
void datagram_raise_error(int fd);
/* What the kernel has of it is of no interest: a peer of ours turned to somebody else, or datagram_raise_error. */
void datagram_clear_error(int fd, struct sock *s);
/* recvmsg(2) with MSG_ERRQUEUE. */
long datagram_take_refused(int fd, struct sock *s, struct msghdr *message);
/* The error that a send left behind, taken: 0 or -errno. */
int datagram_take_error(int fd, struct sock *s);

#endif
