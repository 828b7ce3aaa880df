/* SPDX-License-Identifier: MIT */
#include "kind.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

enum { PROTOCOL_MAX = IPPROTO_MPTCP + 1, TYPE_MAX = 11 /* SOCK_MAX of linux/net.h */ };

static int of_stream(int protocol) {
  if (protocol == IPPROTO_MPTCP) return IPPROTO_MPTCP;
  return protocol == 0 || protocol == IPPROTO_TCP ? IPPROTO_TCP : -EPROTONOSUPPORT;
}

static int of_datagram(int family, int protocol) {
  /* Nobody is in ping_group_range. */
  if (protocol == (family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6)) return -EACCES;
  return protocol == 0 || protocol == IPPROTO_UDP ? IPPROTO_UDP : -EPROTONOSUPPORT;
}

int kind_inet(int family, int type, int protocol) {
  if (type == SOCK_PACKET && family == AF_INET) return -EPERM; /* means AF_PACKET */
  if (protocol < 0 || protocol >= PROTOCOL_MAX) return -EINVAL;
  switch (type) {
    case SOCK_STREAM: return of_stream(protocol);
    case SOCK_DGRAM: return of_datagram(family, protocol);
    case SOCK_RAW: return protocol ? -EPERM : -EPROTONOSUPPORT;
    default: return type < 1 || type >= TYPE_MAX ? -EINVAL : -ESOCKTNOSUPPORT;
  }
}

int kind_other(bool in_network, int family) {
  switch (family) {
    case AF_UNSPEC:
    case AF_UNIX:
    case AF_NETLINK:
    case AF_ALG: return 0;
    /* Frames of the machine's interfaces. A plain wrapper lets them through, as the reference does. */
    case AF_PACKET: return in_network ? -EPERM : 0;
    /* Other hosts, or inet by another name: AF_SMC goes on as TCP, past us. */
    default: return -EAFNOSUPPORT;
  }
}
