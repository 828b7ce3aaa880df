/* SPDX-License-Identifier: MIT
 * The options of multicast: memberships and the interface to send by, as programs write them. */
#include "multicast.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "endpoint.h"
#include "enter.h"
#include "interface.h"
#include "multicast_member.h"

static struct address v4_of(struct in_addr in) {
  struct address out = {.bytes = {[10] = 0xff, [11] = 0xff}};
  memcpy(out.bytes + 12, &in, sizeof in);
  return out;
}

/* A plain wrapper has one interface for all. */
static int interface_of(const struct network *n, u32 index, const struct address *address, u32 *out) {
  struct name name;
  *out = 0;
  if (index > INTERFACE_COUNT) return -ENODEV;
  if (!index && address && !address_is_any(address)) {
    if (name_of_address(&n->world, address, SOCK_DGRAM, &name) < 0) return -ENODEV;
    if (n->arena && !name.loopback && name.interface != n->world.host) return -ENODEV;
    index = interface_of_address(address);
  }
  *out = index && !n->arena ? INTERFACE_LO : index;
  return 0;
}

static int read_v4(const struct network *n, int number, const void *value, socklen_t length, struct member_request *r) {
  struct ip_mreqn m = {.imr_ifindex = 0};
  struct ip_mreq_source one;
  struct address address;
  if (number == IP_ADD_MEMBERSHIP || number == IP_DROP_MEMBERSHIP) {
    if (length < sizeof(struct ip_mreq)) return -EINVAL;
    memcpy(&m, value, length >= sizeof m ? sizeof m : sizeof(struct ip_mreq));
    r->verb = number == IP_ADD_MEMBERSHIP ? JOIN : LEAVE;
  } else {
    if (length != sizeof one) return -EINVAL;
    memcpy(&one, value, sizeof one);
    m.imr_multiaddr = one.imr_multiaddr;
    m.imr_address = one.imr_interface;
    r->source = v4_of(one.imr_sourceaddr);
    r->verb = number == IP_ADD_SOURCE_MEMBERSHIP    ? JOIN_SOURCE
              : number == IP_DROP_SOURCE_MEMBERSHIP ? LEAVE_SOURCE
              : number == IP_BLOCK_SOURCE           ? BLOCK
                                                    : UNBLOCK;
  }
  r->group = v4_of(m.imr_multiaddr);
  address = v4_of(m.imr_address);
  if (!address_is_multicast(&r->group)) return number == IP_DROP_MEMBERSHIP ? -EADDRNOTAVAIL : -EINVAL;
  return interface_of(n, (u32)m.imr_ifindex, &address, &r->interface);
}

static int read_v6(const struct network *n, int number, const void *value, socklen_t length, struct member_request *r) {
  struct ipv6_mreq m;
  if (length < sizeof m) return -EINVAL;
  memcpy(&m, value, sizeof m);
  r->verb = number == IPV6_JOIN_GROUP ? JOIN : LEAVE;
  memcpy(r->group.bytes, &m.ipv6mr_multiaddr, 16);
  if (address_is_v4(&r->group) || !address_is_multicast(&r->group)) return -EINVAL;
  return interface_of(n, m.ipv6mr_interface, NULL, &r->interface);
}

/* The requests of RFC 3678, which know no family. */
static int read_any(const struct network *n, int family, int number, const void *value, socklen_t length, struct member_request *r) {
  struct group_source_req m;
  bool with_source = number != MCAST_JOIN_GROUP && number != MCAST_LEAVE_GROUP;
  socklen_t size = with_source ? sizeof m : sizeof(struct group_req);
  if (length < size) return -EINVAL;
  memcpy(&m, value, size);
  switch (number) {
    case MCAST_JOIN_GROUP: r->verb = JOIN; break;
    case MCAST_LEAVE_GROUP: r->verb = LEAVE; break;
    case MCAST_JOIN_SOURCE_GROUP: r->verb = JOIN_SOURCE; break;
    case MCAST_LEAVE_SOURCE_GROUP: r->verb = LEAVE_SOURCE; break;
    case MCAST_BLOCK_SOURCE: r->verb = BLOCK; break;
    default: r->verb = UNBLOCK; break;
  }
  if (m.gsr_group.ss_family != family || (with_source && m.gsr_source.ss_family != family)) return with_source ? -EADDRNOTAVAIL : -EINVAL;
  address_read((struct sockaddr *)&m.gsr_group, sizeof m.gsr_group, family, &r->group);
  if (with_source) address_read((struct sockaddr *)&m.gsr_source, sizeof m.gsr_source, family, &r->source);
  r->group.port = r->source.port = 0;
  if (!address_is_multicast(&r->group)) return -EINVAL;
  return interface_of(n, m.gsr_interface, NULL, &r->interface);
}

static int set_row(struct sock *s, enum wire_option row, i32 value) {
  sock_begin(s);
  s->info.options[row] = value;
  s->info.optionMask |= 1u << row;
  sock_end(s);
  return 0;
}

static int set_interface(struct sock *s, const void *value, socklen_t length) {
  struct ip_mreqn m = {.imr_ifindex = 0};
  i32 shown;
  u32 interface;
  if (length >= sizeof m)
    memcpy(&m, value, sizeof m);
  else if (length >= sizeof(struct ip_mreq))
    memcpy(&m, value, sizeof(struct ip_mreq));
  else if (length >= sizeof m.imr_address)
    memcpy(&m.imr_address, value, sizeof m.imr_address);
  else
    return -EINVAL;
  struct address address = v4_of(m.imr_address);
  if (interface_of(s->network, (u32)m.imr_ifindex, &address, &interface) < 0) return -EADDRNOTAVAIL;
  if (m.imr_ifindex && address_is_any(&address)) {
    address = address_of_host(&s->network->world, s->network->world.host, false, interface == INTERFACE_LO);
    memcpy(&m.imr_address, address.bytes + 12, sizeof m.imr_address);
  }
  memcpy(&shown, &m.imr_address, sizeof shown);
  return set_row(s, OPTION_multicastInterface, shown);
}

static bool is_membership(int level, int number) {
  if (number >= MCAST_JOIN_GROUP && number <= MCAST_LEAVE_SOURCE_GROUP) return true;
  if (level == IPPROTO_IPV6) return number == IPV6_JOIN_GROUP || number == IPV6_LEAVE_GROUP;
  return number >= IP_ADD_MEMBERSHIP && number <= IP_DROP_SOURCE_MEMBERSHIP;
}

int multicast_set(int fd, struct sock *s, int level, int number, const void *value, socklen_t length) {
  bool v4 = level == IPPROTO_IP, v6 = level == IPPROTO_IPV6 && s->info.family == AF_INET6;
  if (!v4 && !v6) return -ENOTTY;
  if (v4 && number == IP_MULTICAST_IF) return value ? set_interface(s, value, length) : -EFAULT;
  if (v6 && number == IPV6_MULTICAST_IF) {
    i32 index = 0;
    if (length < sizeof index) return -EINVAL;
    if (value) memcpy(&index, value, sizeof index);
    return index < 0 || index > INTERFACE_COUNT ? -ENODEV : set_row(s, OPTION_multicastInterface6, index);
  }
  if (!is_membership(level, number)) return -ENOTTY;
  if (!value) return length < sizeof(struct ip_mreq) ? -EINVAL : -EFAULT;
  struct member_request r = {.interface = 0};
  int result = number >= MCAST_JOIN_GROUP ? read_any(s->network, v6 ? AF_INET6 : AF_INET, number, value, length, &r)
               : v6                       ? read_v6(s->network, number, value, length, &r)
                                          : read_v4(s->network, number, value, length, &r);
  if (result < 0) return result;
  endpoint_publish(fd, s);
  sock_begin(s);
  s->info.flags |= FLAG_member;
  sock_end(s);
  return member_change(s->network, s->info.cookie, s->info.host, &r);
}

u32 multicast_interface(const struct sock *s, const struct wire_info *info, bool v6) {
  if (!s->network->arena) return INTERFACE_LO;
  i32 set = info->options[v6 ? OPTION_multicastInterface6 : OPTION_multicastInterface];
  if (v6) return set ? (u32)set : INTERFACE_ETH0;
  struct in_addr in;
  memcpy(&in, &set, sizeof in);
  struct address address = v4_of(in);
  return interface_of_address(&address);
}
