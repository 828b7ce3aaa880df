/* SPDX-License-Identifier: MIT
 * A row is claimed by its cookie, filled, and shown by its cookie again: a reader sees whole rows only. */
#include "multicast.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#include "arena_map.h"
#include "directory.h"
#include "endpoint.h"
#include "enter.h"
#include "interface.h"
#include "libc.h"

enum mode { MODE_ANY, MODE_ONLY, MODE_NOT };
/* net.ipv4.igmp_max_memberships and igmp_max_msf of Linux; OWN: of the sockets of a plain wrapper. */
enum { MEMBERSHIPS_MAX = 20, SOURCES_MAX = 10, OWN = 256, NAMES_MAX = 256 };

static struct wire_member own_members[OWN];

static struct wire_member *members(const struct network *n, u32 *count) {
  if (n->arena) return arena_members(n->arena, count);
  *count = OWN;
  return own_members;
}

static u64 holder(const struct wire_member *m) { return LOAD_ACQUIRE(m->cookie); }

struct request {
  enum { JOIN, LEAVE, JOIN_SOURCE, LEAVE_SOURCE, BLOCK, UNBLOCK } verb;
  struct address group, source;
  u32 interface; /* 0: any */
};

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

static int read_v4(const struct network *n, int number, const void *value, socklen_t length, struct request *r) {
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
  if (!address_is_multicast(&r->group)) return -EINVAL;
  return interface_of(n, (u32)m.imr_ifindex, &address, &r->interface);
}

static int read_v6(const struct network *n, int number, const void *value, socklen_t length, struct request *r) {
  struct ipv6_mreq m;
  if (length < sizeof m) return -EINVAL;
  memcpy(&m, value, sizeof m);
  r->verb = number == IPV6_JOIN_GROUP ? JOIN : LEAVE;
  memcpy(r->group.bytes, &m.ipv6mr_multiaddr, 16);
  if (address_is_v4(&r->group) || !address_is_multicast(&r->group)) return -EINVAL;
  return interface_of(n, m.ipv6mr_interface, NULL, &r->interface);
}

/* The requests of RFC 3678, which know no family. */
static int read_any(const struct network *n, int family, int number, const void *value, socklen_t length, struct request *r) {
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

static bool is_of(const struct wire_member *m, u64 cookie, const struct request *r) {
  return holder(m) == cookie && memcmp(m->group, r->group.bytes, 16) == 0 && (!r->interface || m->interface == r->interface);
}

static bool has_source(const struct wire_member *m, const struct request *r) { return memcmp(m->source, r->source.bytes, 16) == 0; }

static int add(const struct network *n, u64 cookie, u32 host, const struct request *r, enum mode mode) {
  u32 count;
  struct wire_member *table = members(n, &count);
  for (int turn = 0; turn < 2; turn++) {
    for (u32 i = 0; i < count; i++) {
      struct wire_member *m = &table[i];
      u64 none = 0;
      /* Of a socket whose processes were killed: nobody took it away. */
      if (turn && n->arena && holder(m) != MEMBER_FILLING && arena_socket_version(n->arena, holder(m)) == 0) none = holder(m);
      if (holder(m) != none || !SWAP(m->cookie, none, MEMBER_FILLING)) continue;
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

static int change(const struct network *n, u64 cookie, u32 host, struct request *r) {
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
    i32 index;
    if (length < sizeof index) return -EINVAL;
    memcpy(&index, value, sizeof index);
    return index < 0 || index > INTERFACE_COUNT ? -ENODEV : set_row(s, OPTION_multicastInterface6, index);
  }
  if (!is_membership(level, number)) return -ENOTTY;
  if (!value) return -EFAULT;
  struct request r = {.interface = 0};
  int result = number >= MCAST_JOIN_GROUP ? read_any(s->network, v6 ? AF_INET6 : AF_INET, number, value, length, &r)
               : v6                       ? read_v6(s->network, number, value, length, &r)
                                          : read_v4(s->network, number, value, length, &r);
  if (result < 0) return result;
  endpoint_publish(fd, s);
  sock_begin(s);
  s->info.flags |= FLAG_member;
  sock_end(s);
  return change(s->network, s->info.cookie, s->info.host, &r);
}

void multicast_forget(const struct network *n, u64 cookie) {
  u32 count;
  struct wire_member *table = members(n, &count);
  for (u32 i = 0; i < count; i++)
    if (holder(&table[i]) == cookie) STORE_RELEASE(table[i].cookie, 0);
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
    if (!cookie || cookie == MEMBER_FILLING || hosts & bit || memcmp(t.rows[i].group, group->bytes, 16)) continue;
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
  return !(info->optionMask & 1u << all) || info->options[all];
}

static void name_at(const struct network *n, bool v6, u32 host, u16 port, u32 number, struct sockaddr_un *out) {
  struct name_world world = n->world;
  char dir[NAME_DIR_MAX + sizeof "/mc"];
  strcpy(stpcpy(dir, n->dir), "/mc");
  world.dir = dir;
  name_write(&world, &(struct name){.type = v6 ? 'Y' : 'U', .interface = host, .port = port, .number = number}, out);
}

int multicast_bind(int fd, const struct network *n, const struct address *a) {
  struct sockaddr_un un;
  bool made = false;
  for (u32 number = 1; number < NAMES_MAX; number++) {
    name_at(n, !address_is_v4(a), n->world.host, a->port, number, &un);
    int result = (int)REAL(libc.bind(fd, (struct sockaddr *)&un, sizeof un));
    if (result == 0) return (int)number;
    if (result == -ENOENT && !made) {
      made = true;
      number--;
      *strrchr(un.sun_path, '/') = 0;
      if (REAL(mkdir(un.sun_path, 0777)) == 0) (void)REAL(chmod(un.sun_path, 0777)); /* the directory above keeps others out */
    } else if (result != -EADDRINUSE) {
      return result;
    }
  }
  return -EADDRINUSE;
}

void multicast_name(const struct network *n, const struct wire_info *info, struct sockaddr_un *out) {
  struct address local = info_local(info);
  name_at(n, !address_is_v4(&local), info->host, info->localPort, info->shareNumber, out);
}
