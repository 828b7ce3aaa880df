/* SPDX-License-Identifier: MIT
 * What stands in a file of waiting datagrams: the head, then the datagrams from `begin` to `end`, each with a head of its own. Any process of the
 * network may have written it, so a reader believes nothing. Pure. */
#ifndef SPILL_FORMAT_H
#define SPILL_FORMAT_H

#include <sys/uio.h>

#include "courier_label.h"

/* `charge` is what the datagrams take of the room; `drops` counts those that found none. */
struct spill_head {
  u64 begin, end, charge;
  u32 drops, unused;
  char to[112]; /* the receiver's name */
};
struct spill_item {
  u64 size;
  u64 name_length;
  struct sockaddr_un name; /* of a courier */
};

/* True when there is room for one more datagram of that size, whose head `item` becomes; it stands at head->end, its bytes behind it. */
bool spill_item_make(const struct name_world *world, const struct spill_head *head, const struct courier_label *label, size_t size,
                     struct spill_item *item);
void spill_item_added(struct spill_head *head, size_t size);

/* False: no process of ours has written that. */
bool spill_is_sound(const struct spill_head *head, u64 file_size);
/* The first datagram; `bytes` is the file from `start` to head->end. False: it is none of ours. */
bool spill_item_first(const struct name_world *world, const struct spill_head *head, const uint8_t *bytes, u64 start,
                      struct courier_label *label, struct iovec *data);
void spill_item_moved(struct spill_head *head, size_t size);

#endif
