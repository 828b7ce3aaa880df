/* SPDX-License-Identifier: MIT */
#include "envelope.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { HEAD = sizeof(struct wire_envelope), INFO = sizeof(struct wire_info) };

size_t envelope_size(u32 descriptors, u32 infos) { return HEAD + descriptors * sizeof(u16) + infos * (size_t)INFO; }

static u32 checksum(const uint8_t *bytes, size_t size) {
  u32 hash = 2166136261u;
  for (size_t i = 0; i < size; i++) hash = (hash ^ bytes[i]) * 16777619u;
  return hash;
}

void envelope_put_index(uint8_t *bytes, u32 position, u16 index) { memcpy(bytes + HEAD + position * sizeof index, &index, sizeof index); }

void envelope_put_info(uint8_t *bytes, u32 descriptors, u32 index, const struct wire_info *info) {
  memcpy(bytes + envelope_size(descriptors, index), info, INFO);
}

void envelope_seal(uint8_t *bytes, u32 descriptors, u32 infos, u32 sender_pid, u64 message_id) {
  size_t size = envelope_size(descriptors, infos);
  struct wire_envelope head = {
      .magic = ENVELOPE_MAGIC,
      .version = ENVELOPE_VERSION,
      .headSize = HEAD,
      .infoSize = INFO,
      .descriptors = (u16)descriptors,
      .infos = (u16)infos,
      .totalSize = (u32)size,
      .checksum = checksum(bytes + HEAD, size - HEAD),
      .senderPid = sender_pid,
      .messageId = message_id,
  };
  memcpy(bytes, &head, HEAD);
}

/* The head, when its sizes agree with each other. All are 16 bits wide, so the sum cannot overflow. */
static int read_head(const uint8_t *bytes, size_t size, struct wire_envelope *head) {
  u64 magic;
  if (size < sizeof magic) return -ENOMSG;
  memcpy(&magic, bytes, sizeof magic);
  if (magic != ENVELOPE_MAGIC) return -ENOMSG;
  if (size < HEAD) return -EMSGSIZE;
  memcpy(head, bytes, HEAD);
  if (head->version == 0 || head->headSize < HEAD || head->infoSize < INFO) return -EMSGSIZE;
  if (head->descriptors > ENVELOPE_DESCRIPTORS_MAX || head->infos > head->descriptors) return -EMSGSIZE;
  size_t total = head->headSize + head->descriptors * sizeof(u16) + head->infos * (size_t)head->infoSize;
  return head->totalSize == total ? 0 : -EMSGSIZE;
}

size_t envelope_claimed_size(const uint8_t *bytes, size_t size) {
  struct wire_envelope head;
  return read_head(bytes, size, &head) < 0 ? 0 : head.totalSize;
}

int envelope_open(const uint8_t *bytes, size_t size, u32 descriptors, struct envelope *out) {
  int result = read_head(bytes, size, &out->head);
  if (result < 0) return result;
  if (size != out->head.totalSize) return -EMSGSIZE;
  if (checksum(bytes + out->head.headSize, size - out->head.headSize) != out->head.checksum) return -EBADMSG;
  out->indexes = bytes + out->head.headSize;
  out->infos = out->indexes + out->head.descriptors * sizeof(u16);
  for (u32 i = 0; i < out->head.descriptors; i++) {
    u16 index = envelope_index(out, i);
    if (index != ENVELOPE_NO_INFO && index >= out->head.infos) return -EBADMSG;
  }
  return out->head.descriptors == descriptors ? 0 : -EPROTO;
}

u16 envelope_index(const struct envelope *e, u32 position) {
  u16 index = ENVELOPE_NO_INFO;
  if (position < e->head.descriptors) memcpy(&index, e->indexes + position * sizeof index, sizeof index);
  return index;
}

bool envelope_info(const struct envelope *e, u32 index, struct wire_info *out) {
  if (index >= e->head.infos) return false;
  memcpy(out, e->infos + index * (size_t)e->head.infoSize, INFO);
  return (out->family == AF_INET || out->family == AF_INET6) && (out->type == SOCK_STREAM || out->type == SOCK_DGRAM) &&
         out->state <= STATE_connected && out->host >= 1 && out->host <= 64;
}

bool envelope_is_reference(const uint8_t *bytes, size_t size) {
  u64 magic;
  if (size < sizeof magic) return false;
  memcpy(&magic, bytes, sizeof magic);
  return magic >= 0x8e0e13f27c42fc36ULL && magic <= 0x8e0e13f27c42fc39ULL;
}
