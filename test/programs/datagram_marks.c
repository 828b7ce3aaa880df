/* SPDX-License-Identifier: MIT
 * What a receiver hears of a packet besides its addresses: TTL or hop limit, TOS or traffic class, the destination; as the sender set them. */
#include "transcript.h"

static void hear(const char *what, int server) {
  union {
    char bytes[512];
    struct cmsghdr align;
  } control;
  char byte;
  struct iovec part = {&byte, 1};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  check(what, recvmsg(server, &m, 0));
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    int number = 0;
    size_t size = c->cmsg_len - CMSG_LEN(0);
    memcpy(&number, CMSG_DATA(c), size < sizeof number ? size : sizeof number);
    if (size <= sizeof number) {
      say("  level %d type %d size %zu: %d", c->cmsg_level, c->cmsg_type, size, number);
    } else if (c->cmsg_type == IP_ORIGDSTADDR && c->cmsg_level == IPPROTO_IP) {
      struct name to = {.length = sizeof(struct sockaddr_in)};
      memcpy(&to.at, CMSG_DATA(c), sizeof(struct sockaddr_in));
      say("  destination %s", text(&to));
    } else {
      say("  level %d type %d size %zu", c->cmsg_level, c->cmsg_type, size);
    }
  }
}

static void run(int family) {
  int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, on = 1, off = 0, number;
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server);
  int hear_hops = family == AF_INET ? IP_RECVTTL : IPV6_RECVHOPLIMIT, hear_class = family == AF_INET ? IP_RECVTOS : IPV6_RECVTCLASS;
  int hops = family == AF_INET ? IP_TTL : IPV6_UNICAST_HOPS, class = family == AF_INET ? IP_TOS : IPV6_TCLASS;
  int info = family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO;
  socklen_t length = sizeof number;
  must(getsockopt(server, level, hear_hops, &number, &length) == 0);
  say("not asked for: %d", number);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  hear("nothing asked for", server);
  check("hops", setsockopt(server, level, hear_hops, &on, sizeof on));
  check("class", setsockopt(server, level, hear_class, &(int){3}, sizeof on));
  must(getsockopt(server, level, hear_class, &number, &length) == 0);
  say("asked for: %d", number);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  hear("as they are", server);
  check("info", setsockopt(server, level, info, &on, sizeof on));
  if (family == AF_INET) check("destination", setsockopt(server, level, IP_RECVORIGDSTADDR, &on, sizeof on));
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  hear("all", server);
  check("the sender's hops", setsockopt(client, level, hops, &(int){7}, sizeof on));
  check("the sender's class", setsockopt(client, level, class, &(int){0xb8}, sizeof on));
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  hear("as the sender set them", server);
  must(connect(client, sa(&to), to.length) == 0 && send(client, "x", 1, 0) == 1);
  hear("from a connected one", server);
  must(setsockopt(client, level, hops, &(int){-1}, sizeof on) == 0);
  must(send(client, "x", 1, 0) == 1);
  hear("hops as they were", server);
  check("no hops", setsockopt(server, level, hear_hops, &off, sizeof off));
  must(send(client, "x", 1, 0) == 1);
  hear("one less", server);
  check("a bad hop limit", setsockopt(client, level, hops, &(int){256}, sizeof on));

  /* Said with one datagram. */
  union {
    char bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
    struct cmsghdr head;
  } control = {.head = {.cmsg_level = level, .cmsg_type = family == AF_INET ? IP_PKTINFO : IPV6_PKTINFO}};
  struct iovec part = {"x", 1};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
  const char *sources[] = {"own", "foreign", "none"};
  for (int i = 0; i < 3; i++) {
    struct name source = i == 0   ? loopback(family, 0)
                         : i == 1 ? name_of(family, family == AF_INET ? "203.0.113.7" : "2001:db8::7", 0)
                                  : any_address(family, 0);
    if (family == AF_INET) {
      struct in_pktinfo p = {.ipi_spec_dst = ((struct sockaddr_in *)&source.at)->sin_addr};
      memcpy(CMSG_DATA(&control.head), &p, sizeof p);
      control.head.cmsg_len = CMSG_LEN(sizeof p);
      m.msg_controllen = CMSG_SPACE(sizeof p);
    } else {
      struct in6_pktinfo p = {.ipi6_addr = ((struct sockaddr_in6 *)&source.at)->sin6_addr};
      memcpy(CMSG_DATA(&control.head), &p, sizeof p);
      control.head.cmsg_len = CMSG_LEN(sizeof p);
      m.msg_controllen = CMSG_SPACE(sizeof p);
    }
    say("source: %s", sources[i]);
    if (check("sendmsg", sendmsg(client, &m, 0)) == 1) hear("comes", server);
  }
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
