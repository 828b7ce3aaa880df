/* SPDX-License-Identifier: MIT
 * sources: spill_format.c courier_label.c name.c address.c
 * The file of waiting datagrams, which any process of the network may have written. The first byte chooses: the bytes as they are, or some datagrams
 * of ours with the rest of the input written over them. */
#include "fuzz.h"

#include "spill_format.h"

enum { ROOM = 8192 };

static const struct name_world world = {.ten = true, .host = 3, .dir = "/tmp/network", .network_id = 0x1234};

static void put(uint8_t *file, struct spill_head *head, size_t size) {
  struct courier_label label = {.source = {.type = 'U', .interface = 5, .port = 53}, .hops = 64, .near = NEAR_ADDRESS};
  struct spill_item item;
  REQUIRE(spill_item_make(&world, head, &label, size, &item));
  memcpy(file + head->end, &item, sizeof item);
  memset(file + head->end + sizeof item, 'd', size);
  spill_item_added(head, size);
}

/* Takes all out, as a receiver does. */
static int take(const uint8_t *file, size_t file_size) {
  struct spill_head head;
  if (file_size < sizeof head) return 0;
  memcpy(&head, file, sizeof head);
  if (!spill_is_sound(&head, file_size)) return 0;
  uint8_t *rest = copy_of(file + head.begin, head.end - head.begin); /* of exactly this size: a byte too far is noticed */
  u64 start = head.begin, before;
  struct courier_label label;
  struct iovec data;
  struct sockaddr_un again;
  int taken = 0;
  while (before = head.begin, spill_item_first(&world, &head, rest, start, &label, &data)) {
    REQUIRE((uint8_t *)data.iov_base >= rest && (uint8_t *)data.iov_base + data.iov_len <= rest + (head.end - start));
    REQUIRE(courier_write(&world, &label, 0, &again) <= sizeof again);
    for (size_t i = 0; i < data.iov_len; i++) taken += ((uint8_t *)data.iov_base)[i] == 'x';
    spill_item_moved(&head, data.iov_len);
    REQUIRE(head.begin > before && spill_is_sound(&head, file_size));
  }
  free(rest);
  return taken;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4) return 0;
  if (data[0] & 1) {
    take(data + 1, size - 1);
    return 0;
  }
  uint8_t *file = calloc(1, ROOM);
  bool whole = data[0] & 2;
  struct spill_head head = {.begin = sizeof head, .end = sizeof head};
  for (int i = 0; i < 4; i++) put(file, &head, data[1] % 64);
  memcpy(file, &head, sizeof head);
  /* Scribbles: two bytes of place, one of what. */
  for (data += 2, size -= 2; size >= 3; data += 3, size -= 3) file[(data[0] | data[1] << 8) % head.end] = data[2];
  take(file, whole ? ROOM : head.end);
  free(file);
  return 0;
}
