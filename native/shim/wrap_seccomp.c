/* SPDX-License-Identifier: MIT
 * A program that restricts itself to the calls it makes (seccomp) does not know of ours. Its filter gets a first rule: what is called from
 * this library's text passes. A call that the program makes through a wrapper goes on from libc's text, and so to its own rules, unless
 * another one has to stand for it. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "enter.h"
#include "libc.h"
#include "log.h"
#include "network.h"
#include "spare.h"
#include "text.h"
#include "wrap.h"

bool wrap_is_sandboxed;

enum { SMALL_FILTER = 64 * sizeof(struct sock_filter) };

#define POINTER_LOW (offsetof(struct seccomp_data, instruction_pointer))
#define POINTER_HIGH (POINTER_LOW + 4)

static long install(const struct sock_fprog *given, long (*set)(const struct sock_fprog *, long), long context) {
  u64 start, end;
  text_bounds(&start, &end);
  const struct sock_filter first[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, POINTER_HIGH),    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (u32)(start >> 32), 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, POINTER_LOW),     BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (u32)start, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (u32)end, 1, 0), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  size_t count = sizeof first / sizeof *first + (given ? given->len : 0);
  if (!network_current() || !given || !given->filter || start >> 32 != end >> 32) return set(given, context);
  if (count > BPF_MAXINSNS) {
    LOG(LOG_ERROR, "a seccomp filter of %u instructions has no room for the shim's own calls", (unsigned)given->len);
    return set(given, context);
  }
  uint8_t small[SMALL_FILTER] __attribute__((aligned(8)));
  struct spare room = spare_take(small, sizeof small, count * sizeof *first);
  if (!room.at) return set(given, context);
  memcpy(room.at, first, sizeof first);
  memcpy(room.at + sizeof first, given->filter, given->len * sizeof *first);
  struct sock_fprog longer = {.len = (unsigned short)count, .filter = (struct sock_filter *)(void *)room.at};
  long result = set(&longer, context);
  spare_give(&room);
  return result;
}

static long by_prctl(const struct sock_fprog *filter, long unused) {
  (void)unused;
  return libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter);
}

static long by_seccomp(const struct sock_fprog *filter, long flags) {
  return libc.syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);
}

EXPORT int prctl(int option, ...) {
  unsigned long a[4];
  va_list more;
  va_start(more, option);
  for (int i = 0; i < 4; i++) a[i] = va_arg(more, unsigned long);
  va_end(more);
  if (option == PR_SET_SECCOMP) wrap_is_sandboxed = true;
  if (option == PR_SET_SECCOMP && a[0] == SECCOMP_MODE_FILTER) return (int)install((const struct sock_fprog *)a[1], by_prctl, 0);
  return libc.prctl(option, a[0], a[1], a[2], a[3]);
}

long seccomp_syscall(long operation, long flags, void *arguments) {
  wrap_is_sandboxed = true;
  if (operation == SECCOMP_SET_MODE_FILTER) return install(arguments, by_seccomp, flags);
  return libc.syscall(SYS_seccomp, operation, flags, arguments);
}
