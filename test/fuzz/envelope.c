/* SPDX-License-Identifier: MIT
 * sources: envelope.c
 * The bytes of a pipe, which any process may have written. */
#include "fuzz.h"

#include "envelope.h"

static u32 checksum(const uint8_t *bytes, size_t size) {
  u32 hash = 2166136261u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

/* Chance would not find a sum that is right: every other input gets one. */
static void correct(uint8_t *bytes, size_t size) {
  struct wire_envelope head;
  if (size < sizeof head) return;
  memcpy(&head, bytes, sizeof head);
  head.magic = ENVELOPE_MAGIC;
  if (head.headSize <= size) head.checksum = checksum(bytes + head.headSize, size - head.headSize);
  memcpy(bytes, &head, sizeof head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  u32 descriptors = data[0];
  uint8_t *bytes = copy_of(data + 1, --size); /* of exactly this size: a byte too far is noticed */
  if (descriptors & 1) correct(bytes, size);
  struct envelope e;
  int result = envelope_open(bytes, size, descriptors, &e);
  REQUIRE(envelope_claimed_size(bytes, size) == size || (result != 0 && result != -EBADMSG && result != -EPROTO));
  for (u32 i = 0; result == 0 && i < descriptors + 2; i++) {
    struct wire_info info;
    u16 index = envelope_index(&e, i);
    REQUIRE(index == ENVELOPE_NO_INFO || index < e.head.infos);
    if (envelope_info(&e, index, &info)) REQUIRE(info.host >= 1 && info.host <= 64);
  }
  envelope_is_reference(bytes, size);
  free(bytes);
  return 0;
}
