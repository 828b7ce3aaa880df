/* SPDX-License-Identifier: MIT
 * Links and addresses as rtnetlink tells them to a program that asks itself: by sendto, send and sendmsg, by poll, by a peek at the size, with
 * too little room, on a copy, in a child. */
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "../transcript.h"

struct question {
  struct nlmsghdr head;
  union {
    struct ifinfomsg link;
    struct ifaddrmsg address;
    struct rtmsg route;
  };
};

static unsigned sequence;

static struct question question(int type, int family, int flags) {
  struct question q = {.head = {.nlmsg_len = NLMSG_LENGTH(sizeof q - sizeof q.head),
                                .nlmsg_type = (unsigned short)type,
                                .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | flags),
                                .nlmsg_seq = ++sequence},
                       .link = {.ifi_family = (unsigned char)family}};
  return q;
}

static void ask(int fd, int type, int family, int flags) {
  struct question q = question(type, family, flags);
  check("asked", send(fd, &q, sizeof q, 0) == (ssize_t)sizeof q);
}

static void say_address(const struct ifaddrmsg *address, const struct rtattr *attribute, size_t size) {
  char text[INET6_ADDRSTRLEN] = "";
  for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size))
    if (attribute->rta_type == IFA_ADDRESS) inet_ntop(address->ifa_family, RTA_DATA(attribute), text, sizeof text);
  say("  address of %u: %s/%u, scope %u", address->ifa_index, text, address->ifa_prefixlen, address->ifa_scope);
}

static void say_link(const struct ifinfomsg *link, const struct rtattr *attribute, size_t size) {
  const char *name = "";
  for (; RTA_OK(attribute, size); attribute = RTA_NEXT(attribute, size))
    if (attribute->rta_type == IFLA_IFNAME) name = RTA_DATA(attribute);
  say("  link %d: %s, up %d, loopback %d", link->ifi_index, name, link->ifi_flags & IFF_UP, (link->ifi_flags & IFF_LOOPBACK) != 0);
}

static void say_answer(int fd) {
  static char buffer[8192];
  struct sockaddr_nl from = {.nl_pid = 77}, own;
  socklen_t length = sizeof own;
  struct iovec part = {buffer, sizeof buffer};
  struct msghdr message = {.msg_name = &from, .msg_namelen = sizeof from, .msg_iov = &part, .msg_iovlen = 1};
  must(getsockname(fd, (struct sockaddr *)&own, &length) == 0);
  for (bool more = true; more;) {
    ssize_t size = recvmsg(fd, &message, 0);
    must(size > 0 && from.nl_family == AF_NETLINK && from.nl_pid == 0 && message.msg_namelen == sizeof from);
    for (struct nlmsghdr *head = (struct nlmsghdr *)buffer; NLMSG_OK(head, size); head = NLMSG_NEXT(head, size)) {
      must(head->nlmsg_seq == sequence && head->nlmsg_pid == own.nl_pid);
      if (head->nlmsg_type == NLMSG_DONE) more = false, say("  done");
      if (head->nlmsg_type == NLMSG_ERROR) more = false, say("  %s", strerrorname_np(-((struct nlmsgerr *)NLMSG_DATA(head))->error));
      if (head->nlmsg_type == RTM_NEWLINK) say_link(NLMSG_DATA(head), IFLA_RTA(NLMSG_DATA(head)), IFLA_PAYLOAD(head));
      if (head->nlmsg_type == RTM_NEWADDR) say_address(NLMSG_DATA(head), IFA_RTA(NLMSG_DATA(head)), IFA_PAYLOAD(head));
      if (head->nlmsg_type == RTM_NEWROUTE) say("  a route of %u bits", ((struct rtmsg *)NLMSG_DATA(head))->rtm_dst_len);
      if (!(head->nlmsg_flags & NLM_F_MULTI)) more = false;
    }
  }
}

int main(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  must(fd >= 0 && bind(fd, (struct sockaddr *)&kernel, sizeof kernel) == 0);
  check("nothing there", recv(fd, NULL, 0, MSG_DONTWAIT));
  say("links");
  ask(fd, RTM_GETLINK, AF_UNSPEC, NLM_F_DUMP);
  say("poll: %s", events_text(wait_for(fd, POLLIN)));
  long size = recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC);
  say("a peek tells a size: %d, again the same: %d", size > 100, recv(fd, NULL, 0, MSG_PEEK | MSG_TRUNC) == size);
  say_answer(fd);
  check("nothing is left", recv(fd, NULL, 0, MSG_DONTWAIT));

  say("addresses, IPv4, by sendto");
  struct question q = question(RTM_GETADDR, AF_INET, NLM_F_DUMP);
  must(sendto(fd, &q, sizeof q, 0, (struct sockaddr *)&kernel, sizeof kernel) == sizeof q);
  say_answer(fd);

  say("addresses of both families, by sendmsg in two parts");
  q = question(RTM_GETADDR, AF_UNSPEC, NLM_F_DUMP);
  struct iovec parts[] = {{&q.head, sizeof q.head}, {&q.link, sizeof q - sizeof q.head}};
  must(sendmsg(fd, &(struct msghdr){.msg_name = &kernel, .msg_namelen = sizeof kernel, .msg_iov = parts, .msg_iovlen = 2}, 0) == sizeof q);
  say_answer(fd);

  say("routes, by write");
  q = question(RTM_GETROUTE, AF_UNSPEC, NLM_F_DUMP);
  must(write(fd, &q, sizeof q) == sizeof q);
  say_answer(fd);

  say("one link");
  q = question(RTM_GETLINK, AF_UNSPEC, 0);
  q.link.ifi_index = 2;
  must(send(fd, &q, sizeof q, 0) == sizeof q);
  say_answer(fd);
  q = question(RTM_GETLINK, AF_UNSPEC, 0);
  q.link.ifi_index = 9;
  must(send(fd, &q, sizeof q, 0) == sizeof q);
  say_answer(fd);

  say("a change");
  q = question(RTM_NEWLINK, AF_UNSPEC, NLM_F_ACK);
  q.link.ifi_index = 1;
  must(send(fd, &q, sizeof q, 0) == sizeof q);
  say_answer(fd);

  say("on a copy, in a child");
  int copy = dup(fd);
  close(fd);
  pid_t child = fork();
  if (child == 0) {
    ask(copy, RTM_GETLINK, AF_UNSPEC, NLM_F_DUMP);
    say_answer(copy);
    _exit(0);
  }
  check("child", end_of(child));
  ask(copy, RTM_GETLINK, AF_UNSPEC, NLM_F_DUMP);
  char little[40];
  check("into 40 bytes", recv(copy, little, sizeof little, 0));
  ask(copy, RTM_GETLINK, AF_UNSPEC, NLM_F_DUMP);
  struct msghdr message = {.msg_iov = &(struct iovec){little, sizeof little}, .msg_iovlen = 1};
  check("recvmsg into 40 bytes", recvmsg(copy, &message, 0));
  say("truncated %d", (message.msg_flags & MSG_TRUNC) != 0);
  struct ifreq row = {.ifr_ifindex = 9};
  check("SIOCGIFNAME of another number", ioctl(copy, SIOCGIFNAME, &row));
  close(copy);

  int other = fcntl(socket(AF_UNIX, SOCK_DGRAM, 0), F_DUPFD, copy);
  say("the number again: %d", other == copy);
  check("it is a socket of its own", send(other, "x", 1, 0));
  say("end");
}
