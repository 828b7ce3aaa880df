/* SPDX-License-Identifier: MIT
 * connect(2) of UDP. */
#include <errno.h>
#include <string.h>

#include "datagram.h"
#include "datagram_rival.h"
#include "datagram_transmit.h"
#include "endpoint.h"
#include "group.h"
#include "interface.h"
#include "kernel_socket.h"
#include "multicast.h"
#include "nameserver.h"
#include "renew.h"
#include "root.h"
#include "spill.h"
#include "wildcard.h"

static int forget_peer(int fd) {
  struct sockaddr none = {.sa_family = AF_UNSPEC};
  return kernel_connect(fd, &none, sizeof none);
}

bool datagram_other_name(const struct sock *s, const struct address *to, struct name *out) {
  const struct name_world *world = &s->network->world;
  if (!world->ten || world->host == 1 || !address_is_loopback(to)) return false;
  if (!(atomic_load_explicit(&s->near, memory_order_relaxed) >> (to->port % 64) & 1)) return false;
  struct address same = address_of_host(world, world->host, !address_is_v4(to), false);
  same.port = to->port;
  return name_of_address(world, &same, SOCK_DGRAM, out) == 0;
}

struct connection {
  const struct sock *s;
  int fd;
  const struct name *name;
  struct sockaddr_un to;
};

/* Whoever answers at a far address as at all others can't be the kernel's peer: he hears under which one he was asked, and answers from that. */
static long make(void *context) {
  const struct connection *c = context;
  bool own = !name_is_far(c->name) || wildcard_is_own(c->s->network, c->name, &c->to);
  return own ? root_connect(c->fd, &c->to, sizeof c->to) : -EXDEV;
}

static int connect_name(int fd, const struct sock *s, const struct address *peer, const struct name *name) {
  struct connection c = {.s = s, .fd = fd, .name = name};
  return (int)datagram_reach(s, peer, name, &c.to, make, &c);
}

int datagram_connect_name(int fd, const struct sock *s, const struct address *peer) {
  struct name name;
  if (name_of_address(&s->network->world, peer, SOCK_DGRAM, &name) < 0) return -ENETUNREACH;
  int result = connect_name(fd, s, peer, &name);
  return result == -ENOENT && datagram_other_name(s, peer, &name) ? connect_name(fd, s, peer, &name) : result;
}

/* __udp_disconnect gives back a port that was not asked for. A unix socket cannot lose its name, but another one may take its place, if
 * nothing is lost by that: nobody else holds it, nothing waits in it, no group knows it. */
static bool give_port_back(int fd, struct sock *s, const struct wire_info *info) {
  if (!(info->flags & FLAG_chosenPort) || (info->flags & (FLAG_shared | FLAG_member)) || spill_waits(s)) return false;
  long waiting;
  do waiting = kernel_recv(fd, NULL, 0, MSG_PEEK | MSG_DONTWAIT);
  while (waiting == -ECONNRESET);
  struct sock *fresh = waiting == -EAGAIN ? renew(fd, s) : NULL;
  if (!fresh) return false;
  struct address local = info->flags & FLAG_anyBound ? address_any(info->family) : info_local(info);
  local.port = 0;
  sock_begin(fresh);
  sock_set_local(fresh, &local);
  sock_end(fresh);
  endpoint_record(fd, fresh, OP_disconnect, 0, 0);
  return true;
}

static int disconnect(int fd, struct sock *s) {
  struct wire_info info;
  sock_read(s, &info);
  if (info.state == STATE_open || give_port_back(fd, s, &info) || info.state != STATE_connected) return 0;
  int result = forget_peer(fd);
  if (result < 0) return result;
  struct address none = {.port = 0};
  sock_begin(s);
  sock_set_peer(s, &none);
  if (s->info.flags & FLAG_anyBound) {
    struct address any = address_any(s->info.family);
    any.port = s->info.localPort;
    sock_set_local(s, &any);
  }
  s->info.state = STATE_bound;
  s->info.pendingError = 0;
  sock_end(s);
  atomic_store_explicit(&s->filters, false, memory_order_relaxed);
  endpoint_record(fd, s, OP_disconnect, 0, 0);
  return 0;
}

int datagram_find_way(const struct network *n, const struct wire_info *info, struct address *to) {
  struct address local = info_local(info);
  bool has_v4 = info->family == AF_INET6 && address_is_v4(&local);
  if (address_is_v4(to) && info->family == AF_INET6 && !(info->flags & FLAG_dualStack)) return -ENETUNREACH;
  if (address_is_any(to)) {
    u16 port = to->port;
    *to = address_of_host(&n->world, n->world.host, !has_v4 && !address_is_v4(to), true);
    to->port = port;
  }
  return has_v4 && !address_is_v4(to) ? -EAFNOSUPPORT : 0; /* ip6_dst_lookup_tail */
}

static int check_peer(int fd, const struct sock *s, struct address *peer) {
  const struct name_world *world = &s->network->world;
  struct wire_info info;
  sock_read(s, &info);
  int result = datagram_find_way(s->network, &info, peer);
  if (result < 0) return result;
  if (address_is_broadcast(world, peer)) {
    int allowed = 0;
    socklen_t length = sizeof allowed;
    return kernel_getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &allowed, &length) < 0 || !allowed ? -EACCES : 0;
  }
  if (address_is_multicast(peer)) return 0;
  struct name name;
  return name_of_address(world, peer, SOCK_DGRAM, &name) < 0 && !nameserver_is_at(s->network, peer) ? -ENETUNREACH : 0;
}

static int connect_peer(int fd, struct sock *s, struct address *peer) {
  const struct name_world *world = &s->network->world;
  int result = check_peer(fd, s, peer);
  if (result == 0) result = endpoint_autobind(fd, s, peer);
  if (result < 0) return result;
  /* A peer that is not there yet, or talks to somebody else, is still the peer: the sends look for it again. */
  bool known = peer->port && !address_is_broadcast(world, peer) && !spill_waits(s) && datagram_connect_name(fd, s, peer) == 0;
  if (!known && s->info.state == STATE_connected) forget_peer(fd);
  atomic_store_explicit(&s->filters, !known && !address_is_broadcast(world, peer), memory_order_relaxed);
  if (s->info.options[OPTION_reuseAddress] || s->info.options[OPTION_reusePort]) datagram_crowd(s->network);
  struct wire_info now;
  sock_read(s, &now);
  sock_begin(s);
  if (now.flags & FLAG_anyBound) {
    bool v6 = !address_is_v4(peer), group = address_is_multicast(peer);
    bool loopback = group ? multicast_interface(s, &now, v6) == INTERFACE_LO : address_is_loopback(peer);
    struct address local = address_of_host(world, world->host, v6, loopback);
    local.port = now.localPort;
    sock_set_local(s, &local);
  }
  sock_set_peer(s, peer);
  s->info.state = STATE_connected;
  s->info.pendingError = 0;
  sock_end(s);
  return 0;
}

long datagram_connect(int fd, struct sock *s, const struct sockaddr *to, socklen_t length) {
  if (!to) return -EFAULT;
  if (length < sizeof to->sa_family) return -EINVAL;
  if (to->sa_family == AF_UNSPEC) return disconnect(fd, s);
  struct address peer;
  /* A socket of IPv6 takes a plain IPv4 address, too (__ip6_datagram_connect). */
  bool plain = s->info.family == AF_INET6 && to->sa_family == AF_INET;
  int result = address_read(to, length, plain ? AF_INET : s->info.family, &peer);
  if (result == 0 && plain && !(s->info.flags & FLAG_dualStack)) result = -EAFNOSUPPORT;
  if (result == 0) result = connect_peer(fd, s, &peer);
  /* inet_dgram_connect chooses a port before anything is looked at. */
  int bound = result < 0 ? endpoint_autobind(fd, s, NULL) : 0;
  endpoint_record(fd, s, OP_connect, result, 0);
  return bound < 0 ? bound : result;
}
