/* SPDX-License-Identifier: MIT
 * The names of one bound socket: the real one, which the kernel knows, and symbolic links to it for the other addresses that it answers on. */
#ifndef NAMES_H
#define NAMES_H

#include "directory.h"
#include "network.h"

enum { ALIASES_MAX = 3 };

struct names {
  struct sockaddr_un real;
  socklen_t real_length;
  struct name real_name;
  /* Each to a wider one, or to the real one: of a loopback to its host's, of IPv4 to IPv6's. */
  struct sockaddr_un alias[ALIASES_MAX], leads_to[ALIASES_MAX];
  bool alias_in_loopback[ALIASES_MAX];
  int aliases;
  bool any_v4; /* answers on all addresses of IPv4 */
};

/* The names of a socket with this info at `a`. 0 or -errno. */
int names_of(const struct name_world *world, const struct wire_info *info, const struct address *a, struct names *out);
/* The names as they were made, from the info alone: any holder in any process, also on another host, can remove them. False: none. */
bool names_again(const struct network *n, const struct wire_info *info, struct names *out);
/* Makes the links, and binds fd to the real name; -EADDRINUSE when a live socket has one of them. Returns the number that the socket got in
 * the group of its address, 0 for the plain name. */
int names_take(int fd, const struct network *n, const struct names *names, enum directory_users users);
/* listen(2), if the others at these addresses allow it. */
int names_listen(int fd, const struct network *n, const struct names *names, u32 number);
/* Under the lock, or when nobody can be in the way. */
void names_remove(const struct network *n, const struct names *names, u32 number);

#endif
