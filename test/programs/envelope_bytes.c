/* SPDX-License-Identifier: MIT
 * The envelope's codec alone: round trips, senders of a later version, and millions of broken bytes that it must refuse or read within bounds. */
#include <sys/mman.h>

#include "../../native/shim/envelope.c"
#include "transcript.h"

static uint64_t state = 88172645463325252ULL;
static uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

static struct wire_info some_info(void) {
  struct wire_info info;
  uint8_t *bytes = (uint8_t *)&info;
  for (size_t i = 0; i < sizeof info; i++) bytes[i] = (uint8_t)next_random();
  info.family = next_random() & 1 ? AF_INET : AF_INET6;
  info.type = next_random() & 1 ? SOCK_STREAM : SOCK_DGRAM;
  info.state = (u16)(next_random() % 4);
  info.host = (u16)(1 + next_random() % 64);
  return info;
}

/* Bytes that end at a page nobody may touch. */
static uint8_t *at_the_edge(size_t size) {
  static uint8_t *pages;
  enum { ROOM = 1 << 17 };
  if (!pages) {
    pages = mmap(NULL, ROOM + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    must(pages != MAP_FAILED && mprotect(pages + ROOM, 4096, PROT_NONE) == 0);
  }
  return pages + ROOM - size;
}

static size_t pack(uint8_t *out, u32 descriptors, u32 infos) {
  for (u32 i = 0; i < descriptors; i++) envelope_put_index(out, i, infos && i % 5 ? (u16)(next_random() % infos) : ENVELOPE_NO_INFO);
  for (u32 i = 0; i < infos; i++) {
    struct wire_info info = some_info();
    envelope_put_info(out, descriptors, i, &info);
  }
  envelope_seal(out, descriptors, infos, 4711, 12);
  return envelope_size(descriptors, infos);
}

static void read_everything(const struct envelope *e) {
  struct wire_info info;
  for (u32 i = 0; i < 300; i++) (void)envelope_info(e, envelope_index(e, i), &info);
}

static void round_trips(void) {
  int right = 0;
  for (u32 descriptors = 0; descriptors <= ENVELOPE_DESCRIPTORS_MAX; descriptors++) {
    u32 infos = descriptors ? (u32)(next_random() % (descriptors + 1)) : 0;
    uint8_t *bytes = at_the_edge(envelope_size(descriptors, infos));
    size_t size = pack(bytes, descriptors, infos);
    struct envelope e;
    right += envelope_open(bytes, size, descriptors, &e) == 0 && e.head.messageId == 12 &&
             envelope_open(bytes, size, descriptors + 1, &e) == -EPROTO && envelope_claimed_size(bytes, size) == size;
  }
  say("%d round trips", right);
}

/* A longer head and longer infos, as a later version may write them. */
static void later_version(void) {
  enum { HEAD_MORE = 24, INFO_MORE = 40, DESCRIPTORS = 3, INFOS = 2 };
  size_t size = sizeof(struct wire_envelope) + HEAD_MORE + DESCRIPTORS * 2 + INFOS * (sizeof(struct wire_info) + INFO_MORE);
  uint8_t *bytes = at_the_edge(size), *at = bytes + sizeof(struct wire_envelope) + HEAD_MORE;
  memset(bytes, 0x77, size);
  memcpy(at, (const u16[]){1, ENVELOPE_NO_INFO, 0}, DESCRIPTORS * 2);
  struct wire_info infos[INFOS] = {some_info(), some_info()};
  for (int i = 0; i < INFOS; i++) memcpy(at + DESCRIPTORS * 2 + (size_t)i * (sizeof *infos + INFO_MORE), &infos[i], sizeof *infos);
  struct wire_envelope head = {.magic = ENVELOPE_MAGIC,
                               .version = 9,
                               .headSize = sizeof head + HEAD_MORE,
                               .infoSize = sizeof *infos + INFO_MORE,
                               .descriptors = DESCRIPTORS,
                               .infos = INFOS,
                               .totalSize = (u32)size,
                               .checksum = checksum(at, (size_t)(bytes + size - at))};
  memcpy(bytes, &head, sizeof head);
  struct envelope e;
  struct wire_info info;
  check("later version", envelope_open(bytes, size, DESCRIPTORS, &e));
  say("index %u %u %u", envelope_index(&e, 0), envelope_index(&e, 1), envelope_index(&e, 2));
  say("info %d %d", envelope_info(&e, 0, &info) && memcmp(&info, &infos[0], sizeof info) == 0,
      envelope_info(&e, 1, &info) && memcmp(&info, &infos[1], sizeof info) == 0);
}

static void broken(void) {
  int opened = 0;
  for (int i = 0; i < 300000; i++) {
    u32 descriptors = (u32)(next_random() % 6), infos = descriptors ? (u32)(next_random() % (descriptors + 1)) : 0;
    size_t size = envelope_size(descriptors, infos);
    uint8_t *bytes = at_the_edge(size);
    pack(bytes, descriptors, infos);
    size_t head_only = next_random() & 1 ? sizeof(struct wire_envelope) : size;
    for (int j = (int)(next_random() % 4); j >= 0; j--) bytes[8 + next_random() % (head_only - 8)] = (uint8_t)next_random();
    struct envelope e;
    size_t claimed = envelope_claimed_size(bytes, size);
    must(claimed <= ENVELOPE_SIZE_MAX || claimed <= sizeof(struct wire_envelope) + 65535 + 252 * (2 + 65535u));
    /* Half of them get the right checksum: a sender that means harm. */
    if (next_random() & 1 && size > sizeof e.head) {
      u16 head_size;
      memcpy(&head_size, bytes + 10, sizeof head_size);
      if (head_size <= size) {
        u32 sum = checksum(bytes + head_size, size - head_size);
        memcpy(bytes + offsetof(struct wire_envelope, checksum), &sum, sizeof sum);
      }
    }
    if (envelope_open(bytes, size, descriptors, &e) < 0) continue;
    opened++;
    read_everything(&e);
  }
  say("some opened %d", opened > 0);
  for (size_t size = 0; size < 600; size++) {
    uint8_t *bytes = at_the_edge(size);
    struct envelope e;
    for (int i = 0; i < 200; i++) {
      for (size_t j = 0; j < size; j++) bytes[j] = (uint8_t)next_random();
      if (size >= 8 && i % 2) memcpy(bytes, &(u64){ENVELOPE_MAGIC}, 8);
      must(envelope_open(bytes, size, (u32)i, &e) < 0);
    }
  }
  uint8_t *bytes = at_the_edge(envelope_size(1, 1));
  int changed = 0;
  for (size_t i = 0; i < envelope_size(1, 1); i++) {
    struct envelope e;
    pack(bytes, 1, 1);
    envelope_put_index(bytes, 0, 0);
    envelope_seal(bytes, 1, 1, 1, 1);
    bytes[i] ^= 0x10;
    changed += envelope_open(bytes, envelope_size(1, 1), 1, &e) < 0;
  }
  say("%d of %zu changed bytes are refused", changed, envelope_size(1, 1));
}

int main(void) {
  round_trips();
  later_version();
  broken();
  say("end");
}
