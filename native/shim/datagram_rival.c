/* SPDX-License-Identifier: MIT */
#include "datagram_rival.h"

#include <string.h>

#include "arena.h"
#include "endpoint.h"
#include "table.h"

static bool is_me(const struct sock *s, const struct wire_info *me, const struct wire_info *other) {
  const struct name_world *world = &s->network->world;
  struct address peer = info_peer(other), local = info_local(me), own;
  if (other->state != STATE_connected || peer.port != local.port) return false;
  if (memcmp(peer.bytes, local.bytes, sizeof peer.bytes) == 0) return true;
  own = address_of_host(world, world->host, !address_is_v4(&peer), false);
  return address_is_any(&local) &&
         (address_is_loopback(&peer) ? other->host == world->host : memcmp(peer.bytes, own.bytes, sizeof own.bytes) == 0);
}

struct rival {
  const struct sock *sender;
  struct wire_info me;
  u16 port;
  u32 host;
  struct sockaddr_un *name;
  bool found;
};

static void try_rival(struct rival *r, const struct wire_info *other) {
  socklen_t length;
  if (r->found || other->localPort != r->port || other->host != r->host || other->cookie == r->me.cookie) return;
  r->found = is_me(r->sender, &r->me, other) && endpoint_name(r->sender->network, other, r->name, &length);
}

static void try_own(int fd, struct sock *s, void *context) {
  struct wire_info info;
  (void)fd;
  sock_read(s, &info);
  if (info.type == SOCK_DGRAM) try_rival(context, &info);
}

void datagram_prefer_connected(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *out) {
  struct network *n = s->network;
  if (n->arena ? !arena_crowded(n->arena) : !atomic_load_explicit(&n->own_crowded, memory_order_relaxed)) return;
  struct rival r = {.sender = s, .port = to->port, .host = name->loopback ? name->host : name->interface, .name = out};
  struct wire_info one;
  sock_read(s, &r.me);
  if (!n->arena) table_each(try_own, &r);
  for (u32 at = 0; n->arena && !r.found && arena_socket_next(n->arena, &at, SOCK_DGRAM, to->port, &one);) try_rival(&r, &one);
}
