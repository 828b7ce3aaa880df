/* SPDX-License-Identifier: MIT
 * IP_PKTINFO and IPV6_RECVPKTINFO: to which address of ours a datagram came; answering from it. */
#include "transcript.h"

static void run(int family) {
  int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, option = family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO;
  int client = bound(family, SOCK_DGRAM, "client"), server = socket(family, SOCK_DGRAM, 0), on = 1;
  struct name any = any_address(family, 0);
  must(bind(server, sa(&any), any.length) == 0);
  any = local_of(server);
  struct name to = loopback(family, name_port_of(&any)), from;
  name_port(name_port_of(&any), "server");
  union {
    char bytes[256];
    struct cmsghdr align;
  } control;
  char byte;
  struct iovec part = {&byte, 1};
  for (int pass = 0; pass < 3; pass++) {
    if (pass) check("setsockopt", setsockopt(server, level, option, &(int){2 - pass}, sizeof on));
    must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
    struct msghdr m = {.msg_name = &from.at,
                       .msg_namelen = sizeof from.at,
                       .msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    check("recvmsg", recvmsg(server, &m, 0));
    say("control %zu", m.msg_controllen);
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
      char address[INET6_ADDRSTRLEN], own[INET6_ADDRSTRLEN] = "-";
      if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
        struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(c);
        inet_ntop(AF_INET, &info->ipi_addr, address, sizeof address);
        inet_ntop(AF_INET, &info->ipi_spec_dst, own, sizeof own);
        say("to %s (own %s), interface known %d, length %zu", address, own, info->ipi_ifindex != 0, c->cmsg_len);
      } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
        struct in6_pktinfo *info = (struct in6_pktinfo *)CMSG_DATA(c);
        inet_ntop(AF_INET6, &info->ipi6_addr, address, sizeof address);
        say("to %s, interface known %d, length %zu", address, info->ipi6_ifindex != 0, c->cmsg_len);
      } else
        say("level %d type %d", c->cmsg_level, c->cmsg_type);
    }
    if (pass == 1) {
      from.length = m.msg_namelen;
      m.msg_namelen = from.length;
      check("answer with the same control data", sendmsg(server, &m, 0));
      from.length = sizeof from.at;
      check("comes", recvfrom(client, &byte, 1, 0, sa(&from), &from.length));
      say("from %s", text(&from));
      must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
      m = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = 8};
      check("no room for it", recvmsg(server, &m, 0));
      say("control %zu, cut %d", m.msg_controllen, (m.msg_flags & MSG_CTRUNC) != 0);
    }
  }
  check("hop limit asked for", setsockopt(server, level, family == AF_INET ? IP_RECVTTL : IPV6_RECVHOPLIMIT, &on, sizeof on));
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  struct msghdr hop = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  must(recvmsg(server, &hop, 0) == 1);
  say("hop limit told: %d", hop.msg_controllen > 0);
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
