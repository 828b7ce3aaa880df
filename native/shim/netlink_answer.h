/* SPDX-License-Identifier: MIT
 * What rtnetlink(7) says of a fake host. */
#ifndef NETLINK_ANSWER_H
#define NETLINK_ANSWER_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>

#include "network.h"

enum { NETLINK_ANSWER_MAX = 2048, NETLINK_ALL = 0xff /* every interface */, NETLINK_NONE = 0xfe /* one that does not exist */ };

struct netlink_question {
  u16 type;          /* RTM_GET..., or what was refused */
  uint8_t family;    /* AF_UNSPEC: all */
  uint8_t interface; /* its number, ALL or NONE */
  u32 sequence, port;
};

/* The whole answer, as one datagram. Returns its size. */
size_t netlink_answer(const struct network *n, const struct netlink_question *q, uint8_t out[NETLINK_ANSWER_MAX]);

#endif
