/* SPDX-License-Identifier: MIT
 * Options that have no effect between unix sockets and that a program may read back: kept by this process and its children, not passed on. */
#ifndef OPTION_LOCAL_H
#define OPTION_LOCAL_H

#include "sock.h"

/* Index of the option for this kind of socket, or -1. */
int option_local_find(const struct wire_info *info, int level, int number);
int option_local_get(const struct sock *s, int index);
/* As setsockopt(2), at the level that the program named: 0 or -errno. */
int option_local_set(int fd, struct sock *s, int index, int level, const void *value, socklen_t length);
/* A new slot has the standard values, a connection those of its listener. */
void option_local_clear(struct sock *s);
void option_local_copy(struct sock *to, const struct sock *from);
/* IP_LOCAL_PORT_RANGE: narrows the range, as far as it lies in it (inet_sk_get_local_port_range). */
void option_local_ports(const struct sock *s, u16 *first, u16 *last);
/* TCP_INQ: recvmsg tells how many bytes are left. */
bool option_local_tells_left(const struct sock *s);
/* UDP_CORK: sends are gathered. UDP_SEGMENT: a send becomes datagrams of this size; 0: one. SO_RXQ_OVFL: recvmsg tells how many were lost. */
bool option_local_corks(const struct sock *s);
u32 option_local_segment(const struct sock *s);
bool option_local_tells_drops(const struct sock *s);
/* IP_RECVERR, IPV6_RECVERR. */
bool option_local_keeps_errors(const struct sock *s, bool v6);

#endif
