/* SPDX-License-Identifier: MIT
 * The bytes in the pipe, packed and unpacked over plain buffers. Knows no descriptors and makes no system calls; everything that it reads is
 * checked against the size it was given, since any process may have written it. */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

#include "../wire/wire.h"

/* SCM_MAX_FD of Linux is 253; one of them is the pipe. */
enum { ENVELOPE_DESCRIPTORS_MAX = 252 };

/* An opened envelope: points into the buffer that it was opened from. */
struct envelope {
  struct wire_envelope head;
  const uint8_t *indexes;
  const uint8_t *infos;
};

size_t envelope_size(u32 descriptors, u32 infos);
enum { ENVELOPE_SIZE_MAX = sizeof(struct wire_envelope) + ENVELOPE_DESCRIPTORS_MAX * (sizeof(u16) + sizeof(struct wire_info)) };

/* Writing: indexes and infos in any order into a buffer of envelope_size bytes, then the seal, which writes the head. */
void envelope_put_index(uint8_t *bytes, u32 position, u16 index);
void envelope_put_info(uint8_t *bytes, u32 descriptors, u32 index, const struct wire_info *info);
void envelope_seal(uint8_t *bytes, u32 descriptors, u32 infos, u32 sender_pid, u64 message_id);

/* Reading. Returns 0; -ENOMSG when the bytes are no envelope; -EMSGSIZE when the sizes in the head contradict each other or `size`;
 * -EBADMSG for a wrong checksum or an index that points nowhere; -EPROTO when it speaks of another number of descriptors. */
int envelope_open(const uint8_t *bytes, size_t size, u32 descriptors, struct envelope *out);
/* The bytes that the head claims, or 0 when it is no head: to tell a long envelope, of which only the start was read, from foreign bytes. */
size_t envelope_claimed_size(const uint8_t *bytes, size_t size);
/* Index of the info of the descriptor at `position`, or ENVELOPE_NO_INFO. */
u16 envelope_index(const struct envelope *e, u32 position);
/* False when the info is none that a socket can have. A newer sender's longer info is cut, fields that an older one has not are zero. */
bool envelope_info(const struct envelope *e, u32 index, struct wire_info *out);

/* True for the record which socket_wrapper 1.3 to 1.5 writes into such a pipe. */
bool envelope_is_reference(const uint8_t *bytes, size_t size);

#endif
