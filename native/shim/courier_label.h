/* SPDX-License-Identifier: MIT
 * What a courier's name says: a pure codec. */
#ifndef COURIER_LABEL_H
#define COURIER_LABEL_H

#include <sys/socket.h>

#include "name.h"

struct courier_label {
  struct name source;
  struct address to;                                                    /* port 0 when the receiver sees it by itself */
  uint8_t hops;                                                         /* TTL or hop limit */
  uint8_t traffic;                                                      /* TOS or traffic class */
  u32 drops;                                                            /* how many the receiver had lost before it, + 1; 0: not known */
  enum courier_near { NEAR_UNKNOWN, NEAR_LOOPBACK, NEAR_ADDRESS } near; /* which address of its host the sender sent from */
};

/* The name of a courier with that label; no two living ones may have one `unique`. Returns its length. */
socklen_t courier_write(const struct name_world *world, const struct courier_label *label, u64 unique, struct sockaddr_un *out);
/* The label in a name that the kernel gave; false for any other name. */
bool courier_read(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct courier_label *out);

#endif
