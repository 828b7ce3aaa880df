/* SPDX-License-Identifier: MIT
 * Multicast on the loopback: who hears what is sent to a group, by membership, bound address, sources and options. */
#include "transcript.h"

static int port, on = 1, off = 0;

static int member_of(const char *address) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  struct name at = name_of(AF_INET, address, port);
  must(bind(fd, sa(&at), at.length) == 0);
  return fd;
}

static struct ip_mreq group_of(const char *group, const char *interface) {
  return (struct ip_mreq){.imr_multiaddr.s_addr = inet_addr(group), .imr_interface.s_addr = inet_addr(interface)};
}

static int join(int fd, int option, const char *group) {
  struct ip_mreq m = group_of(group, "127.0.0.1");
  return setsockopt(fd, IPPROTO_IP, option, &m, sizeof m);
}

static int with_source(int fd, int option, const char *group, const char *source) {
  struct ip_mreq_source m = {
      .imr_multiaddr.s_addr = inet_addr(group), .imr_interface.s_addr = inet_addr("127.0.0.1"), .imr_sourceaddr.s_addr = inet_addr(source)};
  return setsockopt(fd, IPPROTO_IP, option, &m, sizeof m);
}

static void send_to(const char *what, int fd, const char *group) {
  struct name to = name_of(AF_INET, group, port);
  check(what, sendto(fd, "hello", 5, 0, sa(&to), to.length));
}

static void hear(const char *who, int fd) {
  char bytes[16];
  struct name from = {.length = sizeof from.at};
  int count = 0;
  while (recvfrom(fd, bytes, sizeof bytes, 0, sa(&from), &from.length) >= 0) {
    count++;
    say("  %s hears it from %s", who, text(&from));
  }
  if (!count) say("  %s hears nothing (%s)", who, strerrorname_np(errno));
}

int main(void) {
  port = own_port();
  name_port(port, "group");
  int a = member_of("0.0.0.0"), b = member_of("0.0.0.0"), c = member_of("224.9.9.9"), sender = bound(AF_INET, SOCK_DGRAM, "sender");
  say_local("bound to the group", c);
  struct in_addr interface = {inet_addr("127.0.0.1")};
  check("IP_MULTICAST_IF", setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface));
  interface.s_addr = 0;
  socklen_t length = sizeof interface;
  check("read back", getsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface, &length));
  say("%s", inet_ntoa(interface));
  interface.s_addr = inet_addr("203.0.113.7");
  check("of somebody else", setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface));

  send_to("nobody has joined", sender, "224.9.9.9");
  hear("a", a), hear("b", b), hear("c", c);
  check("a joins", join(a, IP_ADD_MEMBERSHIP, "224.9.9.9"));
  check("a joins again", join(a, IP_ADD_MEMBERSHIP, "224.9.9.9"));
  check("no group", join(a, IP_ADD_MEMBERSHIP, "10.1.2.3"));
  struct ip_mreq elsewhere = group_of("224.9.9.9", "203.0.113.7");
  check("no interface", setsockopt(a, IPPROTO_IP, IP_ADD_MEMBERSHIP, &elsewhere, sizeof elsewhere));
  check("short", setsockopt(a, IPPROTO_IP, IP_ADD_MEMBERSHIP, &elsewhere, 4));
  check("b leaves what it has not joined", join(b, IP_DROP_MEMBERSHIP, "224.9.9.9"));
  send_to("a has joined", sender, "224.9.9.9");
  hear("a", a), hear("b", b), hear("c", c);
  check("b wants only its own", setsockopt(b, IPPROTO_IP, IP_MULTICAST_ALL, &off, sizeof off));
  send_to("to a's group", sender, "224.9.9.9");
  hear("a", a), hear("b", b), hear("c", c);
  send_to("to another group", sender, "224.9.9.8");
  hear("a", a), hear("b", b), hear("c", c);
  check("b joins the other", join(b, IP_ADD_MEMBERSHIP, "224.9.9.8"));
  send_to("to the other group", sender, "224.9.9.8");
  hear("a", a), hear("b", b), hear("c", c);
  int value = 7;
  check("no loop", setsockopt(sender, IPPROTO_IP, IP_MULTICAST_LOOP, &off, sizeof off));
  send_to("without loop", sender, "224.9.9.9");
  hear("a", a), hear("b", b), hear("c", c);
  check("loop", setsockopt(sender, IPPROTO_IP, IP_MULTICAST_LOOP, &on, sizeof on));

  check("a leaves", join(a, IP_DROP_MEMBERSHIP, "224.9.9.9"));
  check("c joins one source", with_source(c, IP_ADD_SOURCE_MEMBERSHIP, "224.9.9.9", "127.0.0.1"));
  check("again", with_source(c, IP_ADD_SOURCE_MEMBERSHIP, "224.9.9.9", "127.0.0.1"));
  check("and all", join(c, IP_ADD_MEMBERSHIP, "224.9.9.9"));
  send_to("from that source", sender, "224.9.9.9");
  hear("a", a), hear("c", c);
  check("another source", with_source(c, IP_ADD_SOURCE_MEMBERSHIP, "224.9.9.9", "127.0.0.9"));
  check("not the first", with_source(c, IP_DROP_SOURCE_MEMBERSHIP, "224.9.9.9", "127.0.0.1"));
  check("not the first, again", with_source(c, IP_DROP_SOURCE_MEMBERSHIP, "224.9.9.9", "127.0.0.1"));
  send_to("from the wrong source", sender, "224.9.9.9");
  hear("a", a), hear("c", c);
  check("c leaves", join(c, IP_DROP_MEMBERSHIP, "224.9.9.9"));
  struct group_req any = {.gr_interface = 1};
  struct name group = name_of(AF_INET, "224.9.9.9", 0);
  memcpy(&any.gr_group, &group.at, sizeof any.gr_group);
  check("MCAST_JOIN_GROUP", setsockopt(c, IPPROTO_IP, MCAST_JOIN_GROUP, &any, sizeof any));
  check("block", with_source(c, IP_BLOCK_SOURCE, "224.9.9.9", "127.0.0.1"));
  send_to("from a blocked source", sender, "224.9.9.9");
  hear("a", a), hear("c", c);
  check("unblock", with_source(c, IP_UNBLOCK_SOURCE, "224.9.9.9", "127.0.0.1"));
  check("unblock again", with_source(c, IP_UNBLOCK_SOURCE, "224.9.9.9", "127.0.0.1"));

  check("packet info", setsockopt(c, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
  check("TTL", setsockopt(c, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
  check("the sender's", setsockopt(sender, IPPROTO_IP, IP_MULTICAST_TTL, &value, sizeof value));
  send_to("with packet info", sender, "224.9.9.9");
  union {
    char bytes[256];
    struct cmsghdr align;
  } control;
  char bytes[16];
  struct iovec part = {bytes, sizeof bytes};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  check("recvmsg", recvmsg(c, &m, 0));
  for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
    if (h->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(h), sizeof info);
      say("  to %s, interface %d", inet_ntoa(info.ipi_addr), info.ipi_ifindex);
      say("  by %s", inet_ntoa(info.ipi_spec_dst));
    } else if (h->cmsg_type == IP_TTL) {
      memcpy(&value, CMSG_DATA(h), sizeof value);
      say("  TTL %d", value);
    }
  }
  hear("a", a);
  int connected = socket(AF_INET, SOCK_DGRAM, 0);
  interface.s_addr = inet_addr("127.0.0.1");
  must(setsockopt(connected, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof interface) == 0);
  group = name_of(AF_INET, "224.9.9.9", port);
  check("connect to the group", connect(connected, sa(&group), group.length));
  struct name own = local_of(connected);
  name_port(name_port_of(&own), "connected");
  say_local("connected", connected);
  check("send", send(connected, "x", 1, 0));
  hear("a", a), hear("c", c);
  for (int i = 0; i < 50; i++) must(send(connected, "x", 1, 0) == 1);
  int count = 0;
  while (recv(c, bytes, sizeof bytes, 0) >= 0) count++;
  say("c hears fifty: %d", count);
  count = 0;
  while (recv(a, bytes, sizeof bytes, 0) >= 0) count++;
  say("a hears fifty: %d", count);
  struct name at = loopback(AF_INET, port);
  check("unicast", sendto(sender, "one", 3, 0, sa(&at), at.length));
  int hears = 0;
  hears += recv(a, bytes, sizeof bytes, 0) == 3;
  hears += recv(b, bytes, sizeof bytes, 0) == 3;
  say("one of those on the address hears it: %d", hears);
  hear("c", c);
  close(c);
  send_to("c is closed", sender, "224.9.9.9");
  hear("a", a);
  close(a);
  close(b);
  close(sender);
  close(connected);
  say("end");
}
