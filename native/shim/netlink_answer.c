/* SPDX-License-Identifier: MIT */
#include "netlink_answer.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "interface.h"

struct writer {
  uint8_t *out;
  size_t size, start; /* start: of the message that is written */
  const struct netlink_question *question;
};

static void *put(struct writer *w, const void *bytes, size_t size) {
  uint8_t *at = w->out + w->size;
  size_t whole = NLMSG_ALIGN(size);
  if (w->size + whole > NETLINK_ANSWER_MAX) return NULL; /* never: two interfaces */
  memset(at, 0, whole);
  if (bytes) memcpy(at, bytes, size);
  w->size += whole;
  return at;
}

static void begin(struct writer *w, u16 type, const void *head, size_t size) {
  const struct netlink_question *q = w->question;
  struct nlmsghdr message = {.nlmsg_type = type, .nlmsg_seq = q->sequence, .nlmsg_pid = q->port};
  if (q->interface == NETLINK_ALL) message.nlmsg_flags = NLM_F_MULTI;
  w->start = w->size;
  put(w, &message, sizeof message);
  put(w, head, size);
}

static void end(struct writer *w) {
  u32 length = (u32)(w->size - w->start);
  memcpy(w->out + w->start, &length, sizeof length);
}

static void attribute(struct writer *w, u16 type, const void *value, size_t size) {
  struct rtattr head = {.rta_len = (unsigned short)RTA_LENGTH(size), .rta_type = type};
  put(w, &head, sizeof head);
  put(w, value, size);
}
static void attribute_u32(struct writer *w, u16 type, u32 value) { attribute(w, type, &value, sizeof value); }
static void attribute_u8(struct writer *w, u16 type, uint8_t value) { attribute(w, type, &value, sizeof value); }
static void attribute_text(struct writer *w, u16 type, const char *text) { attribute(w, type, text, strlen(text) + 1); }

static bool is_loopback(const struct interface *one) { return one->flags & IFF_LOOPBACK; }

static void put_link(struct writer *w, const struct interface *one) {
  struct ifinfomsg head = {
      .ifi_type = (unsigned short)one->hardware, .ifi_index = (int)one->index, .ifi_flags = one->flags | 0x10000 /* IFF_LOWER_UP */};
  begin(w, RTM_NEWLINK, &head, sizeof head);
  attribute_text(w, IFLA_IFNAME, one->name);
  attribute_u32(w, IFLA_TXQLEN, 1000);
  attribute_u8(w, IFLA_OPERSTATE, is_loopback(one) ? 0 /* IF_OPER_UNKNOWN */ : 6 /* IF_OPER_UP */);
  attribute_u8(w, IFLA_LINKMODE, 0);
  attribute_u32(w, IFLA_MTU, (u32)one->mtu);
  attribute_u32(w, IFLA_GROUP, 0);
  attribute_text(w, IFLA_QDISC, "noqueue");
  attribute(w, IFLA_ADDRESS, one->link, sizeof one->link);
  attribute(w, IFLA_BROADCAST, one->link_broadcast, sizeof one->link_broadcast);
  end(w);
}

static void put_address(struct writer *w, const struct interface *one, int family) {
  bool v4 = family == AF_INET;
  struct ifaddrmsg head = {.ifa_family = (unsigned char)family,
                           .ifa_prefixlen = (unsigned char)(v4 ? one->v4_prefix : one->v6_prefix),
                           .ifa_flags = IFA_F_PERMANENT,
                           .ifa_scope = is_loopback(one) ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
                           .ifa_index = one->index};
  struct ifa_cacheinfo lasting = {.ifa_prefered = UINT32_MAX, .ifa_valid = UINT32_MAX};
  begin(w, RTM_NEWADDR, &head, sizeof head);
  if (v4) {
    attribute(w, IFA_ADDRESS, one->v4.bytes + 12, 4);
    attribute(w, IFA_LOCAL, one->v4.bytes + 12, 4);
    if (!is_loopback(one)) attribute(w, IFA_BROADCAST, one->broadcast.bytes + 12, 4);
    attribute_text(w, IFA_LABEL, one->name);
  } else {
    attribute(w, IFA_ADDRESS, one->v6.bytes, 16);
  }
  attribute_u32(w, IFA_FLAGS, IFA_F_PERMANENT);
  attribute(w, IFA_CACHEINFO, &lasting, sizeof lasting);
  end(w);
}

/* The network itself is on eth0; there is no way out of it. */
static void put_route(struct writer *w, const struct interface *one, int family) {
  bool v4 = family == AF_INET;
  u32 prefix = v4 ? one->v4_prefix : one->v6_prefix;
  uint8_t network[16] = {0};
  if (is_loopback(one)) return;
  memcpy(network, v4 ? one->v4.bytes + 12 : one->v6.bytes, prefix / 8);
  struct rtmsg head = {.rtm_family = (unsigned char)family,
                       .rtm_dst_len = (unsigned char)prefix,
                       .rtm_table = RT_TABLE_MAIN,
                       .rtm_protocol = RTPROT_KERNEL,
                       .rtm_scope = v4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
                       .rtm_type = RTN_UNICAST};
  begin(w, RTM_NEWROUTE, &head, sizeof head);
  attribute_u32(w, RTA_TABLE, RT_TABLE_MAIN);
  attribute(w, RTA_DST, network, v4 ? 4 : 16);
  if (v4) attribute(w, RTA_PREFSRC, one->v4.bytes + 12, 4);
  if (!v4) attribute_u32(w, RTA_PRIORITY, 256);
  attribute_u32(w, RTA_OIF, one->index);
  end(w);
}

static void put_error(struct writer *w, int error) {
  const struct netlink_question *q = w->question;
  struct nlmsgerr head = {
      .error = error, .msg = {.nlmsg_len = sizeof(struct nlmsghdr), .nlmsg_type = q->type, .nlmsg_seq = q->sequence, .nlmsg_pid = q->port}};
  begin(w, NLMSG_ERROR, &head, sizeof head);
  end(w);
}

static void put_both(struct writer *w, const struct interface *one, void (*put_one)(struct writer *, const struct interface *, int)) {
  static const int families[] = {AF_INET, AF_INET6};
  for (int i = 0; i < 2; i++)
    if (w->question->family == AF_UNSPEC || w->question->family == families[i]) put_one(w, one, families[i]);
}

size_t netlink_answer(const struct network *n, const struct netlink_question *q, uint8_t out[NETLINK_ANSWER_MAX]) {
  struct writer w = {.out = out, .question = q};
  struct interface one;
  bool known = q->type == RTM_GETLINK || q->type == RTM_GETADDR || q->type == RTM_GETROUTE;
  if (!known || q->interface == NETLINK_NONE) {
    put_error(&w, known ? -ENODEV : -EPERM);
    return w.size;
  }
  for (u32 i = 1; interface_get(n, i, &one); i++) {
    if (q->interface != NETLINK_ALL && q->interface != i) continue;
    if (q->type == RTM_GETLINK) put_link(&w, &one);
    if (q->type == RTM_GETADDR) put_both(&w, &one, put_address);
    if (q->type == RTM_GETROUTE) put_both(&w, &one, put_route);
  }
  if (q->interface == NETLINK_ALL) {
    begin(&w, NLMSG_DONE, &(int){0}, sizeof(int));
    end(&w);
  }
  return w.size;
}
