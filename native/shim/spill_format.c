/* SPDX-License-Identifier: MIT */
#include "spill_format.h"

#include <string.h>

/* CHARGE_MAX: the most SO_RCVBUF that an ordinary user may ask for (net.core.rmem_max of 212992, doubled); CHARGE: what the kernel's bookkeeping
 * of one datagram takes from it (768 bytes measured for small ones). */
enum { CHARGE_MAX = 425984, CHARGE = 768 };

bool spill_item_make(const struct name_world *world, const struct spill_head *head, const struct courier_label *label, size_t size,
                     struct spill_item *item) {
  struct courier_label counted = *label;
  counted.drops = head->drops + 1;
  *item = (struct spill_item){.size = size};
  item->name_length = courier_write(world, &counted, 0, &item->name);
  return head->charge + size + CHARGE <= CHARGE_MAX;
}

void spill_item_added(struct spill_head *head, size_t size) {
  head->end += sizeof(struct spill_item) + size;
  head->charge += size + CHARGE;
}

bool spill_is_sound(const struct spill_head *head, u64 file_size) {
  return head->begin >= sizeof *head && head->begin <= head->end && head->end <= file_size && head->charge <= CHARGE_MAX;
}

bool spill_item_first(const struct name_world *world, const struct spill_head *head, const uint8_t *bytes, u64 start,
                      struct courier_label *label, struct iovec *data) {
  struct spill_item item;
  const uint8_t *at = bytes + (head->begin - start);
  u64 left = head->end - head->begin;
  if (left < sizeof item) return false;
  memcpy(&item, at, sizeof item);
  left -= sizeof item;
  if (item.size > left || item.size + CHARGE > head->charge || item.name_length > sizeof item.name) return false;
  *data = (struct iovec){(void *)(at + sizeof item), item.size};
  return courier_read(world, &item.name, (socklen_t)item.name_length, label);
}

void spill_item_moved(struct spill_head *head, size_t size) {
  head->begin += sizeof(struct spill_item) + size;
  head->charge -= size + CHARGE;
}
