/* SPDX-License-Identifier: MIT */
#include "multicast_member.h"

#include <errno.h>
#include <string.h>

#include "arena_map.h"
#include "interface.h"
#include "journal.h"
#include "life.h"
#include "multicast.h"
#include "sweep.h"

enum mode { MODE_ANY, MODE_ONLY, MODE_NOT };
/* net.ipv4.igmp_max_memberships and igmp_max_msf of Linux; OWN: of the sockets of a plain wrapper. */
enum { MEMBERSHIPS_MAX = 20, SOURCES_MAX = 10, OWN = 256 };

static struct wire_member own_members[OWN];

static struct wire_member *members(const struct network *n, u32 *count) {
  if (n->arena) return arena_members(n->arena, count);
  *count = OWN;
  return own_members;
}

static u64 holder(const struct wire_member *m) { return LOAD_ACQUIRE(m->cookie); }

static bool is_of(const struct wire_member *m, u64 cookie, const struct member_request *r) {
  return holder(m) == cookie && memcmp(m->group, r->group.bytes, 16) == 0 && (!r->interface || m->interface == r->interface);
}

static bool has_source(const struct wire_member *m, const struct member_request *r) { return memcmp(m->source, r->source.bytes, 16) == 0; }

/* Of a socket whose processes were killed, or of one who was while he filled it: nobody took it away. */
static bool is_left(const struct network *n, u64 held) {
  return held & MEMBER_FILLING ? life_process_dead((pid_t)(u32)held, 0) : arena_socket_version(n->arena, held) == 0;
}

static int add(const struct network *n, u64 cookie, u32 host, const struct member_request *r, enum mode mode) {
  u32 count;
  struct wire_member *table = members(n, &count);
  for (int turn = 0; turn < (n->arena ? 3 : 1); turn++) {
    if (turn == 2) sweep_registry(n->arena);
    for (u32 i = 0; i < count; i++) {
      struct wire_member *m = &table[i];
      u64 held = holder(m);
      if (held && !(turn && is_left(n, held))) continue;
      if (!SWAP(m->cookie, held, MEMBER_FILLING | journal_pid())) continue;
      m->host = host;
      m->interface = r->interface ? r->interface : n->arena ? INTERFACE_ETH0 : INTERFACE_LO;
      m->mode = mode;
      memcpy(m->group, r->group.bytes, 16);
      memcpy(m->source, r->source.bytes, 16);
      STORE_RELEASE(m->cookie, cookie);
      return 0;
    }
  }
  return -ENOBUFS;
}

int member_change(const struct network *n, u64 cookie, u32 host, struct member_request *r) {
  u32 count, groups = 0, sources = 0;
  struct wire_member *table = members(n, &count), *any = NULL, *only = NULL, *same = NULL;
  for (u32 i = 0; i < count; i++) {
    struct wire_member *m = &table[i];
    if (holder(m) == cookie && m->mode != MODE_NOT) groups++;
    if (!is_of(m, cookie, r)) continue;
    if (m->mode == MODE_ANY && !any) any = m;
    if (m->mode == MODE_ONLY && !only) only = m;
    if (m->mode != MODE_ANY) sources++;
    if (m->mode != MODE_ANY && has_source(m, r)) same = m;
  }
  switch (r->verb) {
    case JOIN:
      if (any || only) return -EADDRINUSE;
      return groups >= MEMBERSHIPS_MAX ? -ENOBUFS : add(n, cookie, host, r, MODE_ANY);
    case LEAVE:
      if (!any && !only) return -EADDRNOTAVAIL;
      r->interface = (any ? any : only)->interface;
      for (u32 i = 0; i < count; i++)
        if (is_of(&table[i], cookie, r)) STORE_RELEASE(table[i].cookie, 0);
      return 0;
    case JOIN_SOURCE:
      if (any) return -EINVAL;
      if (same) return -EADDRNOTAVAIL;
      return sources >= SOURCES_MAX ? -ENOBUFS : add(n, cookie, host, r, MODE_ONLY);
    case BLOCK:
      if (!any) return -EINVAL;
      if (same) return -EADDRNOTAVAIL;
      return sources >= SOURCES_MAX ? -ENOBUFS : add(n, cookie, host, r, MODE_NOT);
    default:
      if (!any && !only) return -EINVAL;
      if ((r->verb == UNBLOCK) != (any != NULL)) return -EINVAL;
      if (!same) return -EADDRNOTAVAIL;
      STORE_RELEASE(same->cookie, 0);
      return 0;
  }
}

void multicast_forget(const struct network *n, u64 cookie) {
  u32 count;
  struct wire_member *table = members(n, &count);
  for (u32 i = 0; i < count; i++)
    if (holder(&table[i]) == cookie) STORE_RELEASE(table[i].cookie, 0);
}

struct table {
  const struct wire_member *rows;
  u32 count;
};

/* What one socket wants of a group: -1 not a member, else whether it wants that source. */
static int wish(const struct table *t, u64 cookie, const struct address *group, const struct address *source, u32 interface) {
  bool member = false, wanted = false, unwanted = false;
  for (u32 i = 0; i < t->count; i++) {
    const struct wire_member *m = &t->rows[i];
    if (holder(m) != cookie || m->interface != interface || memcmp(m->group, group->bytes, 16)) continue;
    bool same = memcmp(m->source, source->bytes, 16) == 0;
    member = true;
    wanted = wanted || m->mode == MODE_ANY || (m->mode == MODE_ONLY && same);
    unwanted = unwanted || (m->mode == MODE_NOT && same);
  }
  return member ? wanted && !unwanted : -1;
}

u64 multicast_hosts(const struct network *n, const struct address *group, const struct address *source, u32 interface) {
  struct table t;
  u64 hosts = 0;
  t.rows = members(n, &t.count);
  for (u32 i = 0; i < t.count; i++) {
    u64 cookie = holder(&t.rows[i]), bit = 1ull << (t.rows[i].host - 1) % 64;
    if (!cookie || (cookie & MEMBER_FILLING) || hosts & bit || memcmp(t.rows[i].group, group->bytes, 16)) continue;
    if (wish(&t, cookie, group, source, interface) > 0) hosts |= bit;
  }
  return hosts;
}

bool multicast_takes(const struct network *n, const struct wire_info *info, const struct address *group, const struct address *source,
                     u32 interface) {
  struct table t;
  t.rows = members(n, &t.count);
  int wanted = info->flags & FLAG_member ? wish(&t, info->cookie, group, source, interface) : -1;
  if (wanted >= 0) return wanted;
  enum wire_option all = address_is_v4(group) ? OPTION_multicastAll : OPTION_multicastAll6;
  if (info->optionMask & 1u << all) return info->options[all];
  return info->family == AF_INET || !address_is_v4(group); /* groups of IPv4 are not everybody's on a socket of IPv6 */
}
