/* SPDX-License-Identifier: MIT
 * Control data of datagrams: what a program may say with one, and what it hears with one. */
#ifndef DATAGRAM_CONTROL_H
#define DATAGRAM_CONTROL_H

#include "control.h"
#include "courier.h"
#include "datagram.h"

/* What the receiver knows of one datagram. */
struct datagram_origin {
  struct address from;
  struct courier_label label; /* only its source, unless `labelled` */
  bool named, labelled;
};

static inline bool info_option(const struct wire_info *info, enum wire_option option) {
  return (info->optionMask & 1u << option) && info->options[option];
}

/* True when the program asked for any. */
bool datagram_wants_control(const struct sock *s, const struct wire_info *info);
/* As ip_cmsg_recv and ip6_datagram_recv_ctl of the kernel, in their order. */
void datagram_put_control(struct sock *s, const struct wire_info *info, const struct datagram_origin *origin,
                          struct control_writer *writer);

/* What a program says with one datagram; -1: nothing. The second of each is for IPv6. */
struct datagram_said {
  int hops[2], traffic[2];
  int segment;
  struct name source; /* type 0: nothing, or an address that the receiver sees anyway */
};
/* What ip_cmsg_send, ip6_datagram_send_ctl and udp_cmsg_send let a program say to a destination of that family. 0 or -errno. */
int datagram_read_control(const struct sock *s, const struct msghdr *message, int family, struct datagram_said *out);

/* The interface that IP_PKTINFO or IPV6_PKTINFO of a message names, 0 for none. */
u32 datagram_control_interface(const struct msghdr *message);
/* What an option of a sending socket says for a datagram of that family. */
uint8_t datagram_hops(const struct wire_info *info, bool v6);
uint8_t datagram_traffic(const struct wire_info *info, bool v6);

#endif
