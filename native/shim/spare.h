/* SPDX-License-Identifier: MIT
 * Memory for one call: the caller's own small array, or pages of its own when that is too small. A thread's stack may be 64 KiB, and malloc is
 * not for signal handlers. */
#ifndef SPARE_H
#define SPARE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

struct spare {
  uint8_t *at; /* NULL: no memory */
  size_t mapped;
};

static inline struct spare spare_take(void *small, size_t small_size, size_t size) {
  if (size <= small_size) return (struct spare){.at = small};
  void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) return (struct spare){.at = NULL};
  return (struct spare){.at = pages, .mapped = size};
}

static inline void spare_give(const struct spare *s) {
  if (s->mapped) munmap(s->at, s->mapped);
}

#endif
