/* SPDX-License-Identifier: MIT
 * Every way to copy or to drop a descriptor. */
#include <errno.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "endpoint.h"
#include "enter.h"
#include "libc.h"
#include "root.h"
#include "stale.h"
#include "table.h"

EXPORT int close(int fd) {
  if (!table_entry(fd)) {
    if (root_is(fd)) return (int)shim_leave(-EBADF);
    int result = libc.close(fd);
    if (atomic_load_explicit(&stale_is_begun, memory_order_relaxed) && (result == 0 || errno == EBADF)) {
      int saved = errno;
      stale_closed(fd, result);
      errno = saved;
    }
    return result;
  }
  pthread_testcancel(); /* the cancellation point that close(2) is, before the socket is half gone */
  return (int)shim_leave(table_close(fd));
}

EXPORT int close_range(unsigned first, unsigned last, int flags) {
  /* CLOSE_RANGE_UNSHARE gives the caller a table of its own, which is still this process's: the same verbs. */
  if ((flags & ~(int)CLOSE_RANGE_UNSHARE) == 0 && first <= last) table_close_range(first, last);
  return root_close_range(first, last, flags);
}

EXPORT void closefrom(int first) {
  u32 from = first < 0 ? 0 : (u32)first;
  table_close_range(from, UINT32_MAX);
  if (kernel_root < 0 || root_close_range(from, UINT32_MAX, 0) < 0) libc.closefrom(first);
}

EXPORT int fclose(FILE *file) {
  int fd = file ? fileno(file) : -1;
  if (!table_entry(fd)) return libc.fclose(file);
  struct endpoint_remains remains;
  table_detach(fd, &remains);
  int result = (int)REAL(libc.fclose(file));
  endpoint_reap(&remains);
  return (int)shim_leave(result);
}

/* libc closes the number, and opens the file on it. */
EXPORT FILE *freopen(const char *restrict path, const char *restrict mode, FILE *restrict file) {
  struct endpoint_remains remains = {.network = NULL};
  if (file) table_detach(fileno(file), &remains);
  FILE *result = libc.freopen(path, mode, file);
  endpoint_reap(&remains);
  return result;
}

EXPORT FILE *freopen64(const char *restrict path, const char *restrict mode, FILE *restrict file) __attribute__((alias("freopen")));

EXPORT int dup(int old) {
  int fd = libc.dup(old);
  if (fd >= 0) table_copy(old, fd);
  return fd;
}

EXPORT int dup2(int old, int new) {
  if (root_is(new)) root_make_way(new);
  int fd = libc.dup2(old, new);
  if (fd >= 0 && old != new) table_copy(old, new);
  return fd;
}

EXPORT int dup3(int old, int new, int flags) {
  if (root_is(new)) root_make_way(new);
  int fd = libc.dup3(old, new, flags);
  if (fd >= 0) table_copy(old, new);
  return fd;
}

EXPORT int pidfd_getfd(int pidfd, int target, unsigned flags) {
  int fd = libc.pidfd_getfd(pidfd, target, flags);
  if (fd < 0) return fd;
  table_drop(fd);
  struct network *n = network_current();
  struct sock *s = n && !n->error ? endpoint_recover(fd, n) : NULL;
  if (s) endpoint_publish(fd, s); /* a new version: its owner is not alone any more */
  return fd;
}
