/* SPDX-License-Identifier: MIT
 * The mapping behind `struct arena`, for the files that implement it. Offsets and counts are copies that arena_open has validated: what
 * somebody writes into the mapped head afterwards cannot lead a pointer out of the mapping. */
#ifndef ARENA_MAP_H
#define ARENA_MAP_H

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "kernel.h"

struct arena {
  struct wire_arena *head;
  struct wire_host *hosts;
  struct wire_member *members;
  struct wire_process *processes;
  struct wire_socket *sockets;
  struct wire_record *records;
  u32 process_count, socket_count, record_count;
  u64 size;
  u64 touched; /* bit n: this process has populated block n of the ring, at least a 64th of it */
  /* The journal's reader alone uses these. */
  u32 seen;        /* `published` when journal_wait last returned */
  u64 stuck_word;  /* the claim that the reader is waiting for */
  u64 stuck_since; /* CLOCK_BOOTTIME when it was first met */
};

/* Every shared word is read and written through these, so that the compiler neither tears nor repeats an access. */
#define LOAD(word) __atomic_load_n(&(word), __ATOMIC_RELAXED)
#define LOAD_ACQUIRE(word) __atomic_load_n(&(word), __ATOMIC_ACQUIRE)
#define LOAD_ORDERED(word) __atomic_load_n(&(word), __ATOMIC_SEQ_CST)
#define STORE(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELAXED)
#define STORE_RELEASE(word, value) __atomic_store_n(&(word), (value), __ATOMIC_RELEASE)
#define STORE_ORDERED(word, value) __atomic_store_n(&(word), (value), __ATOMIC_SEQ_CST)
#define ADD(word, value) __atomic_fetch_add(&(word), (value), __ATOMIC_SEQ_CST)
#define SWAP(word, expected, value) __atomic_compare_exchange_n(&(word), &(expected), (value), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

static inline u64 arena_clock(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now); /* from the vDSO; cannot fail for a clock that exists, so errno stays */
  return (u64)now.tv_sec * 1000000000u + (u64)now.tv_nsec;
}

/* Maps pages for writing before they are touched: one call costs less than one page fault, and a fault comes with each page. A kernel
 * before 5.14 does not know the request, and what cannot be mapped faults later as it would have anyway. */
enum { ARENA_POPULATE_WRITE = 23 };
static inline void arena_populate(const void *from, size_t size) {
  uintptr_t start = (uintptr_t)from & ~(uintptr_t)4095;
  kernel_call(SYS_madvise, (long)start, (long)((uintptr_t)from + size - start), ARENA_POPULATE_WRITE, 0, 0, 0);
}
/* What every process of a network uses: the head, the hosts and the first processes and sockets. The child's side of fork as well: the
 * kernel copies no page tables of shared mappings. */
void arena_touch(struct arena *a);

static inline void arena_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

/* Text into a fixed field: zero padded, cut before a UTF-8 sequence that does not fit whole, always ended by a zero. */
static inline void arena_text(uint8_t *to, size_t size, const char *from) {
  size_t length = from ? strnlen(from, size) : 0;
  if (length == size) {
    length--;
    while (length && ((uint8_t)from[length] & 0xc0) == 0x80) length--;
  }
  if (length) memcpy(to, from, length);
  memset(to + length, 0, size - length);
}

#endif
