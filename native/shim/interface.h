/* SPDX-License-Identifier: MIT
 * The interfaces of a fake host: lo, and eth0 with the host's addresses. */
#ifndef INTERFACE_H
#define INTERFACE_H

#include "network.h"

enum { INTERFACE_LO = 1, INTERFACE_ETH0 = 2, INTERFACE_COUNT = 2 };

struct interface {
  const char *name;
  u32 index;
  unsigned flags;    /* IFF_ */
  unsigned hardware; /* ARPHRD_ */
  int mtu;
  uint8_t link[6], link_broadcast[6];
  struct address v4, mask, broadcast, v6; /* broadcast of lo: its own address, as the kernel has it */
  u32 v4_prefix, v6_prefix;
};

/* Interface `index` of the network's own host; false when there is none. */
bool interface_get(const struct network *n, u32 index, struct interface *out);
/* 0 when there is none of that name. */
u32 interface_find(const char *name);
/* The interface that has the address. */
u32 interface_of_address(const struct address *a);
/* The requests of netdevice(7) and those that would change the machine's interfaces and routes. False: not one of them, ask the kernel.
 * `result`: >= 0 or -errno. */
bool interface_ioctl(const struct network *n, unsigned long request, void *argument, int *result);

#endif
