/* SPDX-License-Identifier: MIT
 * Everything that crosses a process border, in fixed widths and without padding. The .def files are the only source: this header
 * makes C structs of them, generate.mjs makes src/wire/layout.gen.ts. */
#ifndef WIRE_H
#define WIRE_H

#include <assert.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the wire formats are little endian"
#endif

/* A struct of the rows of a .def file, and the sum of their sizes. */
#define FIELD(type, name, doc) type name;
#define BYTES(name, size, doc) uint8_t name[size];
#define INTS(name, count, doc) i32 name[count];
struct wire_info {
#include "info.def"
};
struct wire_envelope {
#include "envelope.def"
};
struct wire_record {
#include "record.def"
};
struct wire_process {
#include "process.def"
};
struct wire_host {
#include "host.def"
};
struct wire_member {
#include "member.def"
};
struct wire_socket {
#include "socket.def"
};
struct wire_arena {
#include "arena.def"
};
struct wire_explore {
#include "explore.def"
};
struct wire_actor {
#include "actor.def"
};
struct wire_step {
#include "step.def"
};
#undef FIELD
#undef BYTES
#undef INTS

/* The generator adds up the rows: a struct with padding would be read wrongly. */
/* clang-format off */
#define FIELD(type, name, doc) +sizeof(type)
#define BYTES(name, size, doc) +(size)
#define INTS(name, count, doc) +(count) * sizeof(i32)
static_assert(sizeof(struct wire_info) == 0
#include "info.def"
              , "info.def has padding");
static_assert(sizeof(struct wire_envelope) == 0
#include "envelope.def"
              , "envelope.def has padding");
static_assert(sizeof(struct wire_record) == 0
#include "record.def"
              , "record.def has padding");
static_assert(sizeof(struct wire_process) == 0
#include "process.def"
              , "process.def has padding");
static_assert(sizeof(struct wire_host) == 0
#include "host.def"
              , "host.def has padding");
static_assert(sizeof(struct wire_member) == 0
#include "member.def"
              , "member.def has padding");
static_assert(sizeof(struct wire_socket) == 0
#include "socket.def"
              , "socket.def has padding");
static_assert(sizeof(struct wire_arena) == 0
#include "arena.def"
              , "arena.def has padding");
static_assert(sizeof(struct wire_explore) == 0
#include "explore.def"
              , "explore.def has padding");
static_assert(sizeof(struct wire_actor) == 0
#include "actor.def"
              , "actor.def has padding");
static_assert(sizeof(struct wire_step) == 0
#include "step.def"
              , "step.def has padding");
/* clang-format on */
#undef FIELD
#undef BYTES
#undef INTS
static_assert(sizeof(struct wire_info) == 208, "record.def and socket.def embed an info of 208 bytes");

#define STATE(name, number, doc) STATE_##name = number,
enum wire_state {
#include "state.def"
};
#undef STATE
#define FLAG(name, bit, doc) FLAG_##name = 1 << (bit),
enum wire_flag {
#include "flag.def"
};
#undef FLAG
#define OP(name, number, doc) OP_##name = number,
enum wire_op {
#include "op.def"
};
#undef OP
#define POINT(name, number, doc) POINT_##name = number,
enum wire_point {
#include "point.def"
};
#undef POINT
#define OPTION(name, level, number, standard, doc) OPTION_##name,
enum wire_option {
#include "option.def"
  OPTION_COUNT
};
#undef OPTION

/* "vsw envl" and "vsw aren", read as little-endian text. */
#define ENVELOPE_MAGIC 0x6c766e6520777376ULL
#define ENVELOPE_VERSION 1
#define ENVELOPE_NO_INFO 0xffff
#define ARENA_MAGIC 0x6e65726120777376ULL
#define ARENA_VERSION 1
#define ARENA_FILE "arena"
#define ARENA_ABSTRACT_CLIENTS 1u
#define ARENA_ENDED 2u
#define ARENA_GROUPS 4u
#define ARENA_USERS 8u
#define ARENA_CAPTURE 16u
#define ARENA_FAR 32u
#define CAPTURE_FILE "capture.pcapng"
/* "vsw expl". Head, then EXPLORE_ACTORS rows of actor.def, then EXPLORE_STEPS rows of step.def. */
#define EXPLORE_FILE "explore"
#define EXPLORE_MAGIC 0x6c70786520777376ULL
#define EXPLORE_VERSION 1
#define EXPLORE_ACTORS 512
#define EXPLORE_STEPS 4096
#define EXPLORE_DEPTH_MAX 8
#define ACTOR_RUNS 0
#define ACTOR_WAITS 1
#define ACTOR_CHOSEN 2
#define ACTOR_GONE 3
#define MEMBER_FILLING 0x8000000000000000ULL
#define PROCESS_UNDER_SHIM 1u
#define PROCESS_SPAWNED 2u
#define PROCESS_TEST 4u
#define PROCESS_EXEC 8u
#define SOCKET_REMOVED UINT64_MAX

/* wire_record.word: sequence << 24 | pid << 2 | state. 22 bits hold any pid (PID_MAX_LIMIT is 2^22), 40 bits any sequence.
 * FREE(n): the record may be claimed as number n. CLAIMED(n, pid): pid is writing it. PUBLISHED(n, pid): it may be read. */
#define RECORD_FREE 0u
#define RECORD_CLAIMED 1u
#define RECORD_PUBLISHED 2u
static inline u64 record_word(u64 sequence, u32 pid, u32 state) { return sequence << 24 | (u64)pid << 2 | state; }
static inline u64 record_sequence(u64 word) { return word >> 24; }
static inline u32 record_pid(u64 word) { return (u32)(word >> 2) & 0x3fffffu; }
static inline u32 record_state(u64 word) { return (u32)word & 3u; }

#ifdef __cplusplus
}
#endif
#endif
