/* SPDX-License-Identifier: MIT */
#include "netlink.h"

#include <errno.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "enter.h"
#include "interface.h"
#include "libc.h"
#include "netlink_answer.h"

enum {
  HEAD_MAX = 256, /* of a question: header and attributes */
  /* A control message (below NLMSG_MIN_TYPE) that nothing else uses: the kernel acknowledges it and repeats its header, whose pid is ours. */
  TYPE_OURS = 11,
};

static size_t gather(const struct msghdr *message, uint8_t *out, size_t room) {
  size_t size = 0;
  for (size_t i = 0; i < message->msg_iovlen && i < IOV_MAX && size < room; i++) {
    size_t part = message->msg_iov[i].iov_len < room - size ? message->msg_iov[i].iov_len : room - size;
    if (part) memcpy(out + size, message->msg_iov[i].iov_base, part);
    size += part;
  }
  return size;
}

static size_t scatter(const struct msghdr *message, const uint8_t *from, size_t size) {
  size_t done = 0;
  for (size_t i = 0; i < message->msg_iovlen && i < IOV_MAX && done < size; i++) {
    size_t part = message->msg_iov[i].iov_len < size - done ? message->msg_iov[i].iov_len : size - done;
    if (part) memcpy(message->msg_iov[i].iov_base, from + done, part);
    done += part;
  }
  return done;
}

/* The interface that a RTM_GETLINK for one of them means: by its number or its name. */
static uint8_t asked_link(const uint8_t *bytes, size_t size) {
  struct ifinfomsg head = {.ifi_index = 0};
  size_t at = sizeof(struct nlmsghdr) + sizeof head;
  if (size < at) return NETLINK_NONE;
  memcpy(&head, bytes + sizeof(struct nlmsghdr), sizeof head);
  u32 index = (u32)head.ifi_index;
  while (!index && at + sizeof(struct rtattr) <= size) {
    struct rtattr a;
    char name[IF_NAMESIZE] = "";
    memcpy(&a, bytes + at, sizeof a);
    if (a.rta_len < sizeof a || a.rta_len > size - at) break;
    size_t length = a.rta_len - sizeof a;
    if (a.rta_type == IFLA_IFNAME || a.rta_type == IFLA_ALT_IFNAME) {
      memcpy(name, bytes + at + sizeof a, length < sizeof name ? length : sizeof name - 1);
      index = interface_find(name);
    }
    at += RTA_ALIGN(a.rta_len);
  }
  return index >= 1 && index <= INTERFACE_COUNT ? (uint8_t)index : NETLINK_NONE;
}

/* True when the network answers, not the kernel. */
static bool is_ours(const uint8_t *bytes, size_t size, struct netlink_question *out) {
  struct nlmsghdr head;
  if (size < sizeof head) return false;
  memcpy(&head, bytes, sizeof head);
  if (!(head.nlmsg_flags & NLM_F_REQUEST) || head.nlmsg_type < RTM_BASE || head.nlmsg_type > UINT8_MAX) return false;
  bool all = (head.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  *out = (struct netlink_question){.type = head.nlmsg_type, .interface = NETLINK_ALL, .sequence = head.nlmsg_seq};
  if (size > sizeof head) out->family = bytes[sizeof head];
  /* Kinds of messages come in fours: new, delete, get, set (rtm_msgtype). What changes something is the machine's. */
  if ((head.nlmsg_type & 3) != 2) {
    out->interface = NETLINK_NONE;
    return true;
  }
  if (head.nlmsg_type == RTM_GETLINK && !all) out->interface = asked_link(bytes, size);
  return head.nlmsg_type == RTM_GETLINK || (all && (head.nlmsg_type == RTM_GETADDR || head.nlmsg_type == RTM_GETROUTE));
}

long netlink_send(int fd, const struct msghdr *message, int flags) {
  uint8_t bytes[HEAD_MAX];
  struct netlink_question q;
  struct sockaddr_nl to = {.nl_family = AF_NETLINK};
  if (message->msg_name && message->msg_namelen >= sizeof to) memcpy(&to, message->msg_name, sizeof to);
  size_t size = gather(message, bytes, sizeof bytes);
  if (to.nl_pid || !network_world() || !is_ours(bytes, size, &q)) return REAL(libc.sendmsg(fd, message, flags));
  struct nlmsghdr head = {.nlmsg_len = sizeof head,
                          .nlmsg_type = TYPE_OURS,
                          .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
                          .nlmsg_seq = q.sequence,
                          .nlmsg_pid = (u32)q.type << 16 | (u32)q.family << 8 | q.interface};
  to = (struct sockaddr_nl){.nl_family = AF_NETLINK};
  long result = REAL(libc.sendto(fd, &head, sizeof head, flags, (struct sockaddr *)&to, sizeof to));
  if (result < 0) return result;
  size = 0;
  for (size_t i = 0; i < message->msg_iovlen && i < IOV_MAX; i++) size += message->msg_iov[i].iov_len;
  return (long)size;
}

static bool is_acknowledgement(const uint8_t *bytes, size_t size, struct netlink_question *out) {
  struct {
    struct nlmsghdr head;
    struct nlmsgerr error;
  } m;
  if (size < sizeof m) return false;
  memcpy(&m, bytes, sizeof m);
  if (m.head.nlmsg_type != NLMSG_ERROR || m.error.error || m.error.msg.nlmsg_type != TYPE_OURS) return false;
  u32 asked = m.error.msg.nlmsg_pid;
  *out = (struct netlink_question){.type = (u16)(asked >> 16),
                                   .family = (uint8_t)(asked >> 8),
                                   .interface = (uint8_t)asked,
                                   .sequence = m.head.nlmsg_seq,
                                   .port = m.head.nlmsg_pid};
  return true;
}

long netlink_receive(int fd, struct msghdr *message, int flags) {
  uint8_t head[64], answer[NETLINK_ANSWER_MAX];
  struct sockaddr_nl from = {.nl_family = AF_UNSPEC};
  struct msghdr peek = {.msg_iov = &(struct iovec){head, sizeof head}, .msg_iovlen = 1, .msg_name = &from, .msg_namelen = sizeof from};
  struct netlink_question q;
  struct network *n = network_world();
  long got = n ? REAL(libc.recvmsg(fd, &peek, (flags & MSG_DONTWAIT) | MSG_PEEK)) : 0;
  if (got <= 0 || from.nl_family != AF_NETLINK || from.nl_pid || !is_acknowledgement(head, (size_t)got, &q))
    return REAL(libc.recvmsg(fd, message, flags));
  if (!(flags & MSG_PEEK)) (void)REAL(libc.recv(fd, head, sizeof head, MSG_DONTWAIT));
  size_t size = netlink_answer(n, &q, answer), done = scatter(message, answer, size);
  if (message->msg_name) {
    memcpy(message->msg_name, &from, message->msg_namelen < sizeof from ? message->msg_namelen : sizeof from);
    message->msg_namelen = sizeof from;
  }
  message->msg_controllen = 0;
  message->msg_flags = done < size ? MSG_TRUNC : 0;
  return (long)(flags & MSG_TRUNC ? size : done);
}
