/* SPDX-License-Identifier: MIT
 * Inet address <=> name of a unix socket: a pure codec (behaviour: "<type><iface 2 hex><port 4 hex>", as socket_wrapper has it on disk).
 * It knows no descriptors, no directory entries and no network state but the few facts in struct name_world. */
#ifndef NAME_H
#define NAME_H

#include <stddef.h>
#include <sys/un.h>

#include "address.h"

/* What the codec must know of the network. */
struct name_world {
  bool ten;        /* 10.53.57.n and 127.0.0.1 of one's own; else 127.0.0.n is interface n */
  u32 host;        /* own interface, 1..64 */
  const char *dir; /* absolute, without a final slash */
  u64 network_id;  /* prefix of abstract names; 0 when there are none */
};

/* Where a socket is: `interface` is a host number in the main directory; in a loopback directory it is what follows the 127 of an address of
 * the loopback, three bytes; 1 for ::1. */
struct name {
  char type; /* T: TCP/v4, X: TCP/v6, U: UDP/v4, Y: UDP/v6 */
  bool
      loopback; /* in <dir>/lo<host, 2 hex>/ instead of <dir>/; what is not 127.0.0.1 or ::1 in <dir>/lx<host>/, with 6 digits of `interface` */
  bool abstract;
  u32 host; /* whose loopback directory; only with loopback */
  u32 interface;
  u16 port;
  u32 number; /* of a socket that shares the address: two more hex digits, see group.h; 0: none */
};

/* Longest directory: sun_path (108) less "/lx01/T000002005001" and the final zero. */
enum { NAME_DIR_MAX = 108 - 19 - 1, HOST_MAX = 64 };

/* An address of the loopback that the reference has no name for. */
static inline bool name_is_far(const struct name *n) { return n->loopback && n->interface != 1; }

bool address_is_broadcast(const struct name_world *world, const struct address *a);
/* The address that interface `host` shows for `v6`; loopback: 127.0.0.1 or ::1. */
struct address address_of_host(const struct name_world *world, u32 host, bool v6, bool loopback);

/* A destination or a bind address -> name. The unspecified address means the own host.
 * Returns 0; -EADDRNOTAVAIL when the address is in no host of the network. */
int name_of_address(const struct name_world *world, const struct address *a, int socket_type, struct name *out);
/* The address that a name shows to somebody on world->host. `as_loopback`: prefer 127.0.0.1/::1 for a name of one's own interface. */
void name_to_address(const struct name_world *world, const struct name *n, bool as_loopback, struct address *out);
/* name -> sockaddr_un; returns its length. */
socklen_t name_write(const struct name_world *world, const struct name *n, struct sockaddr_un *out);
/* The port and interface of the last part of a far name, with or without a number. False: it is none. */
bool name_read_far(const char *base, struct name *out);
/* The port in a name, after type and interface. False: there is none. */
bool name_read_port(const char *digits, u16 *out);
/* sockaddr_un, as the kernel gave it -> name. Returns 0, or -EINVAL for what is no name (also an unnamed socket). */
int name_read(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct name *out);

/* The abstract name of a sender with an address outside of the network: a datagram from it shows that address. `unique` keeps two apart. */
socklen_t name_write_outside(const struct name_world *world, const struct address *a, u32 unique, struct sockaddr_un *out);
/* Returns 0, or -EINVAL for what is no such name of this network. */
int name_read_outside(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct address *out);

#endif
