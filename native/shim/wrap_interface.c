/* SPDX-License-Identifier: MIT
 * getifaddrs and the calls that name interfaces. Their memory is laid out so that the libc's own freeifaddrs and if_freenameindex free it. */
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/if_link.h>

#include "enter.h"
#include "interface.h"
#include "libc.h"

#ifndef IFF_LOWER_UP
#define IFF_LOWER_UP 0x10000
#endif

enum { ENTRIES = 3 * INTERFACE_COUNT /* link, IPv4, IPv6 */ };

union place {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_in6 in6;
  struct sockaddr_ll ll;
};

/* glibc's freeifaddrs is free(): the list is one piece, and it begins with the first entry. */
struct list {
  struct ifaddrs entries[ENTRIES];
  union place address[ENTRIES], mask[ENTRIES], other[ENTRIES];
  char name[ENTRIES][IF_NAMESIZE];
  struct rtnl_link_stats statistics[INTERFACE_COUNT];
  u32 count;
};

static u32 add_entry(struct list *l, const struct interface *one) {
  u32 i = l->count++;
  struct ifaddrs *entry = &l->entries[i];
  if (i > 0) l->entries[i - 1].ifa_next = entry;
  entry->ifa_name = strcpy(l->name[i], one->name);
  entry->ifa_flags = one->flags | IFF_LOWER_UP;
  entry->ifa_addr = &l->address[i].any;
  return i;
}

static void put_link(union place *out, const struct interface *one, const uint8_t bytes[6]) {
  out->ll = (struct sockaddr_ll){
      .sll_family = AF_PACKET, .sll_ifindex = (int)one->index, .sll_hatype = (unsigned short)one->hardware, .sll_halen = sizeof one->link};
  memcpy(out->ll.sll_addr, bytes, sizeof one->link);
}

static void put(union place *out, int family, const struct address *a) {
  socklen_t length = sizeof *out;
  address_write(a, family, &out->any, &length);
}

static void add_link(struct list *l, const struct interface *one) {
  u32 i = add_entry(l, one);
  put_link(&l->address[i], one, one->link);
  put_link(&l->other[i], one, one->link_broadcast);
  l->entries[i].ifa_broadaddr = &l->other[i].any;
  l->entries[i].ifa_data = &l->statistics[one->index - 1];
}

static void add_v4(struct list *l, const struct interface *one) {
  u32 i = add_entry(l, one);
  put(&l->address[i], AF_INET, &one->v4);
  put(&l->mask[i], AF_INET, &one->mask);
  put(&l->other[i], AF_INET, &one->broadcast);
  l->entries[i].ifa_netmask = &l->mask[i].any;
  l->entries[i].ifa_broadaddr = &l->other[i].any;
}

static void add_v6(struct list *l, const struct interface *one) {
  u32 i = add_entry(l, one);
  struct address mask = {.port = 0};
  memset(mask.bytes, 0xff, one->v6_prefix / 8);
  put(&l->address[i], AF_INET6, &one->v6);
  put(&l->mask[i], AF_INET6, &mask);
  l->entries[i].ifa_netmask = &l->mask[i].any;
}

EXPORT int getifaddrs(struct ifaddrs **out) {
  static void (*const add[])(struct list *, const struct interface *) = {add_link, add_v4, add_v6};
  struct network *n = network_world();
  struct interface one;
  if (!n) return libc.getifaddrs(out);
  struct list *l = calloc(1, sizeof *l);
  if (!l) return (int)shim_leave(-ENOMEM);
  for (u32 kind = 0; kind < sizeof add / sizeof *add; kind++)
    for (u32 i = 1; interface_get(n, i, &one); i++) add[kind](l, &one);
  *out = l->entries;
  return 0;
}

EXPORT unsigned if_nametoindex(const char *name) {
  if (!network_world()) return libc.if_nametoindex(name);
  u32 index = interface_find(name);
  if (!index) errno = ENODEV;
  return index;
}

EXPORT char *if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
  struct network *n = network_world();
  struct interface one;
  if (!n) return libc.if_indextoname(index, name);
  if (interface_get(n, index, &one)) return strcpy(name, one.name);
  errno = ENXIO;
  return NULL;
}

EXPORT struct if_nameindex *if_nameindex(void) {
  struct network *n = network_world();
  if (!n) return libc.if_nameindex();
  struct if_nameindex *list = calloc(INTERFACE_COUNT + 1, sizeof *list);
  struct interface one;
  for (u32 i = 1; list && interface_get(n, i, &one); i++) {
    list[i - 1] = (struct if_nameindex){.if_index = i, .if_name = strdup(one.name)};
    if (list[i - 1].if_name) continue;
    if_freenameindex(list);
    list = NULL;
  }
  if (!list) errno = ENOBUFS;
  return list;
}
