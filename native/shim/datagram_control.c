/* SPDX-License-Identifier: MIT */
#include "datagram_control.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>

#include "arena.h"
#include "interface.h"
#include "message.h"
#include "option_local.h"
#include "table.h"

static int number_of(const struct control_item *item) {
  int number = 0;
  if (item->size < sizeof number) return item->size ? item->data[0] : 0;
  memcpy(&number, item->data, sizeof number);
  return number;
}

static bool is_within(const struct control_item *item, int least) { return number_of(item) >= least && number_of(item) <= 255; }

static bool is_v4_item(const struct control_item *item) {
  switch (item->head.cmsg_type) {
    case IP_RETOPTS: return true;
    case IP_PKTINFO: return item->size == sizeof(struct in_pktinfo);
    case 52: return item->size == sizeof(int); /* IP_PROTOCOL */
    case IP_TOS: return (item->size == sizeof(int) || item->size == 1) && is_within(item, 0);
    case IP_TTL: return item->size == sizeof(int) && is_within(item, 1);
    default: return false;
  }
}

static bool is_v6_item(const struct control_item *item) {
  switch (item->head.cmsg_type) {
    case IPV6_PKTINFO:
    case IPV6_2292PKTINFO: return item->size >= sizeof(struct in6_pktinfo);
    case IPV6_HOPLIMIT:
    case IPV6_2292HOPLIMIT:
    case IPV6_TCLASS: return item->size == sizeof(int) && is_within(item, -1);
    case IPV6_DONTFRAG: return item->size == sizeof(int) && is_within(item, 0) && number_of(item) <= 1;
    case 11: /* IPV6_FLOWINFO */
    case IPV6_HOPOPTS:
    case IPV6_RTHDR:
    case IPV6_DSTOPTS: return true;
    default: return false;
  }
}

/* A source address must be one's own, and an interface must exist. */
static int read_source(const struct sock *s, const struct control_item *item, int family, struct name *out) {
  const struct name_world *world = &s->network->world;
  struct address source = {.bytes = {[10] = 0xff, [11] = 0xff}};
  struct in_pktinfo v4;
  struct in6_pktinfo v6;
  struct name name;
  int interface;
  if (item->head.cmsg_level == IPPROTO_IP && item->head.cmsg_type == IP_PKTINFO && item->size == sizeof v4) {
    memcpy(&v4, item->data, sizeof v4);
    memcpy(source.bytes + 12, &v4.ipi_spec_dst, 4);
    interface = v4.ipi_ifindex;
  } else if (family == AF_INET6 && item->head.cmsg_level == IPPROTO_IPV6 && item->head.cmsg_type == IPV6_PKTINFO) {
    memcpy(&v6, item->data, sizeof v6);
    memcpy(source.bytes, &v6.ipi6_addr, 16);
    interface = (int)v6.ipi6_ifindex;
  } else {
    return 0;
  }
  if (interface < 0 || (s->network->arena && interface > INTERFACE_COUNT)) return -ENODEV;
  if (address_is_any(&source)) return 0;
  bool own =
      name_of_address(world, &source, SOCK_DGRAM, &name) == 0 && (name.loopback || name.interface == world->host || !s->network->arena);
  /* ip_route_output_key finds no such source; ip6_datagram_send_ctl looks by itself. */
  if (!own) return item->head.cmsg_level == IPPROTO_IP ? -ENETUNREACH : -EINVAL;
  if (name_is_far(&name)) *out = name;
  return 0;
}

static void hear(const struct control_item *item, struct datagram_said *out) {
  int number = number_of(item);
  if (item->head.cmsg_level == IPPROTO_IP && item->head.cmsg_type == IP_TTL) out->hops[0] = number;
  if (item->head.cmsg_level == IPPROTO_IP && item->head.cmsg_type == IP_TOS) out->traffic[0] = number;
  if (item->head.cmsg_level == IPPROTO_IPV6 && (item->head.cmsg_type == IPV6_HOPLIMIT || item->head.cmsg_type == IPV6_2292HOPLIMIT))
    out->hops[1] = number;
  if (item->head.cmsg_level == IPPROTO_IPV6 && item->head.cmsg_type == IPV6_TCLASS) out->traffic[1] = number & 0xff;
  if (item->head.cmsg_level != IPPROTO_UDP) return;
  uint16_t segment;
  memcpy(&segment, item->data, sizeof segment);
  out->segment = segment;
}

int datagram_read_control(const struct sock *s, const struct msghdr *message, int family, struct datagram_said *out) {
  struct control_item item;
  size_t offset = 0;
  int more;
  *out = (struct datagram_said){.hops = {-1, -1}, .traffic = {-1, -1}, .segment = -1};
  if (!message->msg_controllen) return 0;
  while ((more = control_next(message->msg_control, message->msg_controllen, &offset, &item)) > 0) {
    bool taken = true;
    switch (item.head.cmsg_level) {
      case SOL_SOCKET: taken = message_takes_socket_control(&item); break;
      case IPPROTO_IP: taken = family == AF_INET6 || is_v4_item(&item); break;
      case IPPROTO_IPV6: taken = family != AF_INET6 || is_v6_item(&item); break;
      case IPPROTO_UDP: taken = item.head.cmsg_type == UDP_SEGMENT && item.size == sizeof(uint16_t); break;
      default: break;
    }
    if (!taken) return -EINVAL;
    int result = read_source(s, &item, family, &out->source);
    if (result < 0) return result;
    hear(&item, out);
  }
  return more;
}

u32 datagram_control_interface(const struct msghdr *message) {
  struct control_item item;
  struct in_pktinfo v4;
  struct in6_pktinfo v6;
  size_t offset = 0;
  while (control_next(message->msg_control, message->msg_controllen, &offset, &item) > 0) {
    if (item.head.cmsg_level == IPPROTO_IP && item.head.cmsg_type == IP_PKTINFO && item.size == sizeof v4) {
      memcpy(&v4, item.data, sizeof v4);
      return (u32)v4.ipi_ifindex;
    }
    if (item.head.cmsg_level == IPPROTO_IPV6 && item.head.cmsg_type == IPV6_PKTINFO && item.size >= sizeof v6) {
      memcpy(&v6, item.data, sizeof v6);
      return v6.ipi6_ifindex;
    }
  }
  return 0;
}

static const enum wire_option told[] = {OPTION_packetInfo,         OPTION_receivePacketInfo, OPTION_receiveTtl,     OPTION_receiveTos,
                                        OPTION_receiveDestination, OPTION_receiveHops6,      OPTION_receiveTraffic6};

bool datagram_wants_control(const struct sock *s, const struct wire_info *info) {
  if (option_local_tells_drops(s)) return true;
  for (size_t i = 0; i < sizeof told / sizeof *told; i++)
    if (info_option(info, told[i])) return true;
  return false;
}

static int option_or(const struct wire_info *info, enum wire_option option, int standard) {
  return info->optionMask & 1u << option ? info->options[option] : standard;
}

uint8_t datagram_hops(const struct wire_info *info, bool v6) { return (uint8_t)option_or(info, v6 ? OPTION_unicastHops : OPTION_ttl, 64); }

uint8_t datagram_traffic(const struct wire_info *info, bool v6) {
  return (uint8_t)option_or(info, v6 ? OPTION_trafficClass : OPTION_tos, 0);
}

struct search {
  u16 port;
  struct wire_info *out;
  bool found;
};

static void look_at(int fd, struct sock *s, void *context) {
  struct search *search = context;
  (void)fd;
  if (search->found || s->info.type != SOCK_DGRAM || s->info.localPort != search->port) return;
  sock_read(s, search->out);
  search->found = true;
}

/* The sender's info: what it has set is not in its datagrams. A plain wrapper knows the sockets of its own process only. */
static bool find_sender(const struct network *n, const struct name *name, struct wire_info *out) {
  u32 at = 0, host = name->loopback ? name->host : name->interface;
  if (!n->arena) {
    struct search search = {.port = name->port, .out = out};
    table_each(look_at, &search);
    return search.found;
  }
  if (!arena_marked(n->arena)) return false;
  while (arena_socket_next(n->arena, &at, SOCK_DGRAM, name->port, out))
    if (out->host == host) return true;
  return false;
}

/* Hop limit and traffic class of a datagram. */
static void marks_of(const struct network *n, const struct datagram_origin *origin, int *hops, int *traffic) {
  struct wire_info sender;
  bool v6 = !address_is_v4(&origin->from);
  *hops = 64;
  *traffic = 0;
  if (origin->labelled) {
    *hops = origin->label.hops;
    *traffic = origin->label.traffic;
  } else if (origin->named && find_sender(n, &origin->label.source, &sender)) {
    *hops = datagram_hops(&sender, v6);
    *traffic = datagram_traffic(&sender, v6);
  }
}

void datagram_put_control(struct sock *s, const struct wire_info *info, const struct datagram_origin *origin, struct control_writer *w) {
  const struct name_world *world = &s->network->world;
  u32 drops = origin->labelled && origin->label.drops ? origin->label.drops - 1 : atomic_load_explicit(&s->drops, memory_order_relaxed);
  if (drops && option_local_tells_drops(s)) control_put(w, SOL_SOCKET, SO_RXQ_OVFL, &drops, sizeof drops);
  bool v4 = address_is_v4(&origin->from), group = origin->labelled && origin->label.to.port;
  int hops, traffic;
  struct address own = info_local(info), to;
  if (address_is_any(&own) || address_is_v4(&own) != v4 || group)
    own = group && address_is_loopback(&origin->label.to) ? origin->label.to
                                                          : address_of_host(world, world->host, !v4, address_is_loopback(&origin->from));
  to = group ? origin->label.to : own;
  to.port = info->localPort;
  /* A plain wrapper shows the number of the address, as the reference does. */
  u32 interface = s->network->arena ? interface_of_address(&own) : world->host;
  if (info_option(info, OPTION_receivePacketInfo) && info->family == AF_INET6) {
    struct in6_pktinfo packet = {.ipi6_ifindex = interface};
    memcpy(&packet.ipi6_addr, to.bytes, sizeof packet.ipi6_addr);
    control_put(w, IPPROTO_IPV6, IPV6_PKTINFO, &packet, sizeof packet);
  }
  marks_of(s->network, origin, &hops, &traffic);
  uint8_t byte = (uint8_t)traffic;
  socklen_t length;
  if (v4) {
    if (info_option(info, OPTION_packetInfo)) {
      struct in_pktinfo packet = {.ipi_ifindex = (int)interface};
      memcpy(&packet.ipi_addr, to.bytes + 12, sizeof packet.ipi_addr);
      memcpy(&packet.ipi_spec_dst, own.bytes + 12, sizeof packet.ipi_spec_dst);
      control_put(w, IPPROTO_IP, IP_PKTINFO, &packet, sizeof packet);
    }
    if (info_option(info, OPTION_receiveTtl)) control_put(w, IPPROTO_IP, IP_TTL, &hops, sizeof hops);
    if (info_option(info, OPTION_receiveTos)) control_put(w, IPPROTO_IP, IP_TOS, &byte, sizeof byte);
    struct sockaddr_in in;
    length = sizeof in;
    address_write(&to, AF_INET, (struct sockaddr *)&in, &length);
    if (info_option(info, OPTION_receiveDestination)) control_put(w, IPPROTO_IP, IP_ORIGDSTADDR, &in, sizeof in);
    return;
  }
  if (info_option(info, OPTION_receiveHops6)) control_put(w, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof hops);
  if (info_option(info, OPTION_receiveTraffic6)) control_put(w, IPPROTO_IPV6, IPV6_TCLASS, &traffic, sizeof traffic);
}
