/* SPDX-License-Identifier: MIT
 * One datagram to many: multicast and broadcast. Each receiver gets it from a courier, whose label says what the kernel cannot: where it went. */
#include "datagram_many.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "datagram_transmit.h"
#include "endpoint.h"
#include "interface.h"
#include "multicast.h"
#include "root.h"
#include "table.h"

struct delivery {
  const struct network *n;
  int fd;
  const struct msghdr *message;
  size_t size;
  struct courier_label label;
  struct address source;
  u32 interface;
  u64 hosts; /* that hear it */
};

/* __udp_is_mcast_sock and inet6_mc_check of the kernel; a connected one is found out by the kernel or the receiver. */
static bool hears(const struct delivery *d, const struct wire_info *info) {
  const struct address *to = &d->label.to;
  struct address local = info_local(info);
  if (!(d->hosts >> (info->host - 1) % 64 & 1) || !(info->flags & FLAG_named)) return false;
  if (address_is_v4(to) ? info->family == AF_INET6 && !(info->flags & FLAG_dualStack) : info->family == AF_INET) return false;
  if (!address_is_any(&local) && memcmp(local.bytes, to->bytes, sizeof to->bytes) != 0) return false;
  return !address_is_multicast(to) || multicast_takes(d->n, info, to, &d->source, d->interface);
}

static void deliver(const struct delivery *d, const struct wire_info *info) {
  struct sockaddr_un un;
  socklen_t length;
  if (!hears(d, info) || !endpoint_name(d->n, info, &un, &length)) return;
  long result = datagram_by_courier(d->n, &d->label, &un, d->message, d->size);
  if (result != -EPERM) return;
  /* Connected, and perhaps to this sender: then the kernel takes it from nobody else. */
  struct msghdr copy = *d->message;
  copy.msg_name = &un;
  copy.msg_namelen = length;
  (void)root_send(d->fd, &copy, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void look_at(int fd, struct sock *s, void *context) {
  const struct delivery *d = context;
  struct wire_info info;
  if (s->network != d->n || s->info.type != SOCK_DGRAM || s->info.localPort != d->label.to.port) return;
  for (int lower = 0; lower < fd; lower++)
    if (table_find(lower) == s) return;
  sock_read(s, &info);
  deliver(d, &info);
}

void datagram_send_many(int fd, struct sock *s, const struct wire_info *info, const struct datagram_target *target,
                        const struct msghdr *message, size_t size) {
  const struct network *n = s->network;
  const struct name_world *world = &n->world;
  const struct address *to = target->to;
  bool v6 = !address_is_v4(to), group = address_is_multicast(to);
  struct delivery d = {.n = n, .fd = fd, .message = message, .size = size, .label = *target->label, .interface = target->interface};
  u64 own = 1ull << (world->host - 1);
  d.label.to = *to;
  d.label.near = d.interface == INTERFACE_LO ? NEAR_LOOPBACK : NEAR_ADDRESS;
  d.source = info_local(info);
  if (address_is_any(&d.source) || address_is_v4(&d.source) == v6)
    d.source = address_of_host(world, world->host, v6, d.interface == INTERFACE_LO);
  d.source.port = 0;
  d.hosts = d.interface == INTERFACE_LO ? own : ~0ull;
  if (group) {
    enum wire_option loop = v6 ? OPTION_multicastLoop6 : OPTION_multicastLoop, hops = v6 ? OPTION_multicastHops6 : OPTION_multicastTtl;
    d.label.hops = (uint8_t)(info->optionMask & 1u << hops ? info->options[hops] : 1);
    d.hosts = multicast_hosts(n, to, &d.source, d.interface);
    bool looped = !(info->optionMask & 1u << loop) || info->options[loop];
    if (d.interface == INTERFACE_LO || d.label.hops == 0) d.hosts &= own;
    if (d.interface != INTERFACE_LO && !looped) d.hosts &= ~own; /* what goes out by lo comes in there, whatever the option */
  }
  if (!n->arena) {
    d.hosts = d.hosts ? ~0ull : 0; /* one process plays all hosts */
    table_each(look_at, &d);
    return;
  }
  struct wire_info one;
  for (u32 at = 0; arena_socket_next(n->arena, &at, SOCK_DGRAM, to->port, &one);) deliver(&d, &one);
}
