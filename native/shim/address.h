/* SPDX-License-Identifier: MIT
 * An inet address, in one form for both families. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include "../wire/wire.h"

/* IPv4 as ::ffff:a.b.c.d. Port in host byte order. */
struct address {
  uint8_t bytes[16];
  u16 port;
};

/* struct sockaddr -> address. Returns 0; -EINVAL when `length` is too short; -EAFNOSUPPORT when the family is not `family`. */
int address_read(const struct sockaddr *from, socklen_t length, int family, struct address *out);
/* address -> struct sockaddr of `family` (an IPv4 address on AF_INET6 stays v4-mapped). Copies what fits in *length and stores the full length. */
void address_write(const struct address *from, int family, struct sockaddr *out, socklen_t *length);
bool address_is_v4(const struct address *a);
bool address_is_any(const struct address *a);
bool address_is_loopback(const struct address *a);
bool address_is_multicast(const struct address *a);
/* 10.255.255.255, 127.255.255.255, 255.255.255.255: of some network here, address_is_broadcast says which. */
bool address_ends_broadcast(const struct address *a);
struct address address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d);
struct address address_any(int family);

#endif
