/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <link.h>

/* The linker's own name for the start of this library. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

void text_bounds(u64 *start, u64 *end) {
  const ElfW(Ehdr) *head = (const void *)__ehdr_start;
  const ElfW(Phdr) *rows = (const void *)(__ehdr_start + head->e_phoff);
  *start = *end = (u64)(uintptr_t)__ehdr_start;
  for (int i = 0; i < head->e_phnum; i++)
    if (rows[i].p_type == PT_LOAD && (rows[i].p_flags & PF_X)) *end = *start + rows[i].p_vaddr + rows[i].p_memsz;
}
