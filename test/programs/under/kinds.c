/* SPDX-License-Identifier: MIT
 * Kinds of sockets that would leave a network, or that no module of many machines has. */
#include "../transcript.h"

static void kind(const char *what, int family, int type, int protocol) {
  int fd = check_fd(what, socket(family, type, protocol));
  if (fd >= 0) close(fd);
}

int main(void) {
  kind("inet raw, ICMP", AF_INET, SOCK_RAW, IPPROTO_ICMP);
  kind("inet raw, protocol 0", AF_INET, SOCK_RAW, 0);
  kind("inet datagram, ICMP", AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  kind("inet6 datagram, ICMPv6", AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6);
  kind("inet stream, SCTP", AF_INET, SOCK_STREAM, IPPROTO_SCTP);
  kind("inet seqpacket, SCTP", AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP);
  kind("inet datagram, UDP-Lite", AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE);
  kind("inet reliable datagram", AF_INET, SOCK_RDM, 0);
  kind("inet DCCP", AF_INET, SOCK_DCCP, IPPROTO_DCCP);
  kind("inet SOCK_PACKET", AF_INET, SOCK_PACKET, htons(3));
  kind("inet6 SOCK_PACKET", AF_INET6, SOCK_PACKET, htons(3));
  kind("SMC", AF_SMC, SOCK_STREAM, 0);
  kind("VSOCK", AF_VSOCK, SOCK_STREAM, 0);
  kind("XDP", AF_XDP, SOCK_RAW, 0);
  kind("packet", AF_PACKET, SOCK_DGRAM, 0);
  kind("unix", AF_UNIX, SOCK_SEQPACKET, 0);
  kind("netlink", AF_NETLINK, SOCK_RAW, 0);
  say("end");
}
