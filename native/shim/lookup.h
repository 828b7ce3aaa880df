/* SPDX-License-Identifier: MIT
 * What the names of the fake world mean: the network's hosts, localhost, the machine's own name, and the names of `passthrough`, which stand
 * for the addresses that they had when the network was made. Nothing else exists, so no query reaches a real name server.
 * Everything here is signal-safe. */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "network.h"

enum { LOOKUP_NAME_MAX = 253, LOOKUP_ADDRESSES_MAX = 32 };

struct lookup {
  char name[LOOKUP_NAME_MAX + 1]; /* the canonical one */
  u32 count;
  struct address addresses[LOOKUP_ADDRESSES_MAX]; /* in the order of getaddrinfo; ports 0 */
};

/* Returns 0; -ENOENT: nobody has the name; -EAGAIN: it is one of `passthrough`, and nobody could resolve it. */
int lookup_name(const struct network *n, const char *name, struct lookup *out);
/* The name of an address: of a host, or localhost. Returns 0 or -ENOENT. */
int lookup_address(const struct network *n, const struct address *a, char out[LOOKUP_NAME_MAX + 1]);
/* True for what inet_aton or inet_pton take: addresses, which need no look-up. */
bool lookup_is_numeric(const char *name);

#endif
