/* SPDX-License-Identifier: MIT */
#include "interface.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/sockios.h>

static const char *const names[INTERFACE_COUNT] = {"lo", "eth0"};

bool interface_get(const struct network *n, u32 index, struct interface *out) {
  u32 host = n->world.host;
  if (index < 1 || index > INTERFACE_COUNT) return false;
  bool loopback = index == INTERFACE_LO;
  *out = (struct interface){
      .name = names[index - 1],
      .index = index,
      .v4 = address_of_host(&n->world, host, false, loopback),
      .v6 = address_of_host(&n->world, host, true, loopback),
      .mask = address_v4(255, 0, 0, 0), /* the broadcast address of the network is 10.255.255.255, as the reference has it */
      .v4_prefix = 8,
      .v6_prefix = loopback ? 128 : 64,
      .mtu = loopback ? 65536 : 1500,
      .hardware = loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER,
      .flags = IFF_UP | IFF_RUNNING | (loopback ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST),
  };
  out->broadcast = loopback ? out->v4 : address_v4(10, 255, 255, 255);
  if (loopback) return true;
  /* A locally administered address that shows the host. */
  const uint8_t link[6] = {0x02, 0x00, 10, 53, 57, (uint8_t)host};
  memcpy(out->link, link, sizeof link);
  memset(out->link_broadcast, 0xff, sizeof out->link_broadcast);
  return true;
}

u32 interface_find(const char *name) {
  for (u32 i = 0; i < INTERFACE_COUNT; i++)
    if (strncmp(name, names[i], IFNAMSIZ) == 0) return i + 1;
  return 0;
}

u32 interface_of_address(const struct address *a) { return address_is_loopback(a) ? INTERFACE_LO : INTERFACE_ETH0; }

static void put_v4(struct sockaddr *out, const struct address *a) {
  socklen_t length = sizeof *out;
  address_write(a, AF_INET, out, &length);
}

static int list_all(const struct network *n, struct ifconf *list) {
  if (!list) return -EFAULT;
  int size = INTERFACE_COUNT * (int)sizeof(struct ifreq), used = 0;
  if (!list->ifc_buf) {
    list->ifc_len = size;
    return 0;
  }
  for (u32 i = 1; i <= INTERFACE_COUNT && used + (int)sizeof(struct ifreq) <= list->ifc_len; i++) {
    struct interface one;
    struct ifreq row = {.ifr_ifindex = 0};
    interface_get(n, i, &one);
    strcpy(row.ifr_name, one.name);
    put_v4(&row.ifr_addr, &one.v4);
    memcpy(list->ifc_buf + used, &row, sizeof row);
    used += (int)sizeof row;
  }
  list->ifc_len = used;
  return 0;
}

static int tell(const struct interface *one, unsigned long request, struct ifreq *row) {
  switch (request) {
    case SIOCGIFFLAGS: row->ifr_flags = (short)one->flags; return 0;
    case SIOCGIFADDR: put_v4(&row->ifr_addr, &one->v4); return 0;
    case SIOCGIFDSTADDR: put_v4(&row->ifr_dstaddr, &one->v4); return 0;
    case SIOCGIFBRDADDR:
      /* Without one the kernel answers 0.0.0.0 (inet_gifaddr of ifa_broadcast). */
      put_v4(&row->ifr_broadaddr, one->flags & IFF_BROADCAST ? &one->broadcast : &(struct address){.port = 0});
      return 0;
    case SIOCGIFNETMASK: put_v4(&row->ifr_netmask, &one->mask); return 0;
    case SIOCGIFINDEX: row->ifr_ifindex = (int)one->index; return 0;
    case SIOCGIFMTU: row->ifr_mtu = one->mtu; return 0;
    case SIOCGIFMETRIC: row->ifr_metric = 0; return 0;
    case SIOCGIFTXQLEN: row->ifr_qlen = 1000; return 0;
    case SIOCGIFMAP: memset(&row->ifr_map, 0, sizeof row->ifr_map); return 0;
    case SIOCGIFHWADDR:
      memset(&row->ifr_hwaddr, 0, sizeof row->ifr_hwaddr);
      row->ifr_hwaddr.sa_family = (sa_family_t)one->hardware;
      memcpy(row->ifr_hwaddr.sa_data, one->link, sizeof one->link);
      return 0;
    default: return -EOPNOTSUPP; /* SIOCETHTOOL and what else only a driver knows */
  }
}

/* The machine's interfaces, routes and neighbours are not the network's to change, and not root's in it either. */
static bool changes(unsigned long request) {
  switch (request) {
    case SIOCADDRT:
    case SIOCDELRT:
    case SIOCSIFLINK:
    case SIOCSIFNAME:
    case SIOCSIFFLAGS:
    case SIOCSIFADDR:
    case SIOCSIFDSTADDR:
    case SIOCSIFBRDADDR:
    case SIOCSIFNETMASK:
    case SIOCSIFMETRIC:
    case SIOCSIFMTU:
    case SIOCSIFHWADDR:
    case SIOCSIFENCAP:
    case SIOCSIFSLAVE:
    case SIOCADDMULTI:
    case SIOCDELMULTI:
    case SIOCSIFPFLAGS:
    case SIOCDIFADDR:
    case SIOCSIFHWBROADCAST:
    case SIOCSIFBR:
    case SIOCSIFTXQLEN:
    case SIOCSIFMAP:
    case SIOCDARP:
    case SIOCSARP:
    case SIOCDRARP:
    case SIOCSRARP:
    case SIOCADDDLCI:
    case SIOCDELDLCI:
    case SIOCBRADDBR:
    case SIOCBRDELBR:
    case SIOCBRADDIF:
    case SIOCBRDELIF: return true;
    default: return false;
  }
}

static bool asks(unsigned long request) {
  switch (request) {
    case SIOCGIFFLAGS:
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
    case SIOCGIFBRDADDR:
    case SIOCGIFNETMASK:
    case SIOCGIFINDEX:
    case SIOCGIFMTU:
    case SIOCGIFMETRIC:
    case SIOCGIFTXQLEN:
    case SIOCGIFMAP:
    case SIOCGIFHWADDR:
    case SIOCETHTOOL:
    case SIOCGMIIPHY:
    case SIOCGMIIREG: return true;
    default: return false;
  }
}

bool interface_ioctl(const struct network *n, unsigned long request, void *argument, int *result) {
  struct ifreq *row = argument;
  struct interface one;
  if (changes(request)) {
    *result = -EPERM;
  } else if (request == SIOCGIFCONF) {
    *result = list_all(n, argument);
  } else if (request == SIOCGIFNAME) {
    *result = !row ? -EFAULT : interface_get(n, (u32)row->ifr_ifindex, &one) ? 0 : -ENODEV;
    if (*result == 0) strcpy(row->ifr_name, one.name);
  } else if (asks(request)) {
    *result = !row ? -EFAULT : interface_get(n, interface_find(row->ifr_name), &one) ? tell(&one, request, row) : -ENODEV;
  } else {
    return false;
  }
  return true;
}
