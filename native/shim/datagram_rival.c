/* SPDX-License-Identifier: MIT */
#include "datagram_rival.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "datagram_transmit.h"
#include "endpoint.h"
#include "group.h"
#include "table.h"
#include "user.h"

static bool is_me(const struct sock *s, const struct wire_info *me, const struct wire_info *other) {
  const struct name_world *world = &s->network->world;
  struct address peer = info_peer(other), local = info_local(me), own;
  if (other->state != STATE_connected || peer.port != local.port) return false;
  if (memcmp(peer.bytes, local.bytes, sizeof peer.bytes) == 0) return true;
  own = address_of_host(world, world->host, !address_is_v4(&peer), false);
  return address_is_any(&local) &&
         (address_is_loopback(&peer) ? other->host == world->host : memcmp(peer.bytes, own.bytes, sizeof own.bytes) == 0);
}

/* Candidates: `score` as compute_score of the kernel's udp.c has it, after the search by a real address before that by the unspecified one. */
enum { SCORE_HEARS = 1, SCORE_FAMILY = 1, SCORE_CONNECTED = 4, SCORE_ADDRESS = 8 };

struct choice {
  const struct sock *sender;
  struct wire_info me;
  const struct address *to;
  u32 host;
  struct wire_info best;
  int score;
  u64 weight;
  u32 first;      /* the lowest number of those that share the port with the best */
  bool undecided; /* several have that score, and do not share the port */
};

static int score_of(const struct choice *c, const struct wire_info *other) {
  const struct address *to = c->to;
  struct address local = info_local(other);
  bool v4 = address_is_v4(to), connected = other->state == STATE_connected, any = address_is_any(&local);
  if (!(other->flags & FLAG_named) || (connected && !is_me(c->sender, &c->me, other))) return 0;
  if (v4 && other->family == AF_INET6 && !(other->flags & (FLAG_dualStack | FLAG_nameV4))) return 0;
  if (!v4 && (other->family == AF_INET || (other->flags & FLAG_nameV4))) return 0;
  if (!any && memcmp(local.bytes, to->bytes, sizeof to->bytes) != 0) return 0;
  /* Each host has a loopback of its own. */
  if (other->host != c->host && (any || (address_is_loopback(to) && c->sender->network->world.ten))) return 0;
  return SCORE_HEARS + (v4 == (other->family == AF_INET) ? SCORE_FAMILY : 0) + (connected ? SCORE_CONNECTED : 0) +
         (any ? 0 : SCORE_ADDRESS);
}

/* Each peer has its own order of the sockets that share a port, and keeps to the first of them that is there. */
static u64 weight_of(const struct choice *c, u64 cookie) {
  u64 mixed = cookie ^ (u64)c->me.host << 48 ^ (u64)c->me.localPort << 32 ^ (u64)c->to->port << 16;
  for (int i = 0; i < 3; i++) mixed = (mixed ^ mixed >> 31) * 0x9e3779b97f4a7c15ull;
  return mixed ^ mixed >> 32;
}

static void consider(struct choice *c, const struct wire_info *other) {
  int score = other->localPort == c->to->port ? score_of(c, other) : 0;
  if (!score || score < c->score) return;
  bool connected = other->state == STATE_connected, spread = other->options[OPTION_reusePort] && !connected;
  u64 weight = spread ? weight_of(c, other->cookie) : 0;
  if (score == c->score && spread && (other->flags ^ c->best.flags) & FLAG_dualStack) {
    /* Those of IPv6 alone are a group of their own (reuseport_alloc), and the first one hears. */
    if (other->shareNumber > c->first) return;
    c->first = other->shareNumber;
  } else if (score == c->score) {
    if (other->shareNumber < c->first) c->first = other->shareNumber;
    if (other->cookie != c->best.cookie && !connected && !(spread && c->best.options[OPTION_reusePort])) c->undecided = true;
    if (weight <= c->weight) return;
  } else {
    c->undecided = false;
    c->first = other->shareNumber;
  }
  c->score = score;
  c->weight = weight;
  c->best = *other;
}

static void consider_own(int fd, struct sock *s, void *context) {
  struct choice *c = context;
  struct wire_info info;
  (void)fd;
  sock_read(s, &info);
  if (info.type == SOCK_DGRAM && s->network == c->sender->network) consider(c, &info);
}

void datagram_crowd(struct network *n) {
  atomic_store_explicit(&n->own_crowded, true, memory_order_relaxed);
  if (n->arena) arena_crowd(n->arena);
}

struct search {
  const struct network *network;
  u16 port;
  bool found;
};

static void look_at(int fd, struct sock *s, void *context) {
  struct search *search = context;
  (void)fd;
  if (s->network == search->network && s->info.type == SOCK_DGRAM && s->info.localPort == search->port) search->found = true;
}

bool datagram_knows_receiver(const struct network *n, const struct address *to) {
  struct search search = {.network = n, .port = to->port, .found = n->arena != NULL};
  if (!n->arena) table_each(look_at, &search);
  return search.found;
}

bool datagram_is_crowded(const struct network *n) {
  return n->arena ? arena_crowded(n->arena) : atomic_load_explicit(&n->own_crowded, memory_order_relaxed);
}

/* Writes the name of who hears the sender and returns its cookie; 0: whoever is found by the plain name. */
static u64 find_rival(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *out) {
  struct network *n = s->network;
  struct choice c = {.sender = s, .to = to, .host = name->loopback ? name->host : name->interface};
  struct wire_info one;
  socklen_t length;
  sock_read(s, &c.me);
  if (!n->arena) table_each(consider_own, &c);
  for (u32 at = 0; n->arena && arena_socket_next(n->arena, &at, SOCK_DGRAM, to->port, &one);) consider(&c, &one);
  /* Of those who only share the address, the last one bound has the plain name. */
  return c.score && !c.undecided && endpoint_name(n, &c.best, out, &length) ? c.best.cookie : 0;
}

long datagram_reach(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *un,
                    datagram_attempt *attempt, void *context) {
  struct network *n = s->network;
  name_write(&n->world, name, un);
  struct sockaddr_un plain = *un;
  bool crowded = datagram_is_crowded(n);
  u64 rival = crowded ? find_rival(s, to, name, un) : 0;
  long result = rival ? attempt(context) : -ENOENT;
  while (rival && datagram_is_nobody(result)) {
    *un = plain;
    if (n->arena) arena_socket_remove(n->arena, rival); /* killed: nobody else takes it off the registry */
    rival = n->arena ? find_rival(s, to, name, un) : 0;
    if (rival) result = attempt(context);
  }
  if (rival) return result;
  for (int turn = 0; turn < 2; turn++) {
    *un = plain;
    result = crowded ? group_choose(n, un) : 0;
    if (result == 0) result = attempt(context);
    if (result == -EACCES && user_open_name(un->sun_path)) result = attempt(context);
    if (!datagram_is_nobody(result) || turn || !group_repair(n, &plain)) break;
  }
  return result;
}
