/* SPDX-License-Identifier: MIT
 * The border between the shim and the program. Inside, every function returns >= 0 or -errno and leaves errno alone;
 * shim_leave is the only place that sets it, and only for an error. */
#ifndef ENTER_H
#define ENTER_H

#include <errno.h>

#define EXPORT __attribute__((visibility("default")))

static inline long shim_leave(long result) {
  if (result >= 0) return result;
  errno = (int)-result;
  return -1;
}

/* The other direction: what a libc call answered, as >= 0 or -errno. The caller's errno is put back by `saved`. */
static inline long shim_result(long result, int saved) {
  if (result >= 0) return result;
  int error = errno;
  errno = saved;
  return -error;
}
#define REAL(call)                     \
  (__extension__({                     \
    int saved_ = errno;                \
    shim_result((long)(call), saved_); \
  }))

#endif
