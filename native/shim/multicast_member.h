/* SPDX-License-Identifier: MIT
 * The table of memberships. A row is claimed by its cookie, filled, and shown by its cookie again: a reader sees whole rows only. */
#ifndef MULTICAST_MEMBER_H
#define MULTICAST_MEMBER_H

#include "network.h"

struct member_request {
  enum { JOIN, LEAVE, JOIN_SOURCE, LEAVE_SOURCE, BLOCK, UNBLOCK } verb;
  struct address group, source;
  u32 interface; /* 0: any */
};

/* What a socket asks for. `r->interface` may be filled in. 0 or -errno. */
int member_change(const struct network *n, u64 cookie, u32 host, struct member_request *r);

#endif
