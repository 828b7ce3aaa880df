/* SPDX-License-Identifier: MIT
 * What the shim asks of the kernel for itself, under the names of libc. They are hidden: nobody else gets them. Unlike libc's they are no
 * cancellation points (bind(2) is none, and a thread cancelled in the middle of one would keep the directory's lock), and their
 * system calls lie in this library's text, where a program's own seccomp filter lets them pass (wrap_seccomp.c). */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "enter.h"
#include "kernel.h"

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  return (int)shim_leave(kernel_open(path, flags, mode));
}

static long at(long number, const char *path, long a, long b) { return shim_leave(kernel_path_call(number, path, a, b, 0)); }
static long at_both(long number, const char *from, const char *to) {
  int from_at = kernel_at(&from), to_at = kernel_at(&to);
  return shim_leave(kernel_call(number, from_at, (long)from, to_at, (long)to, 0, 0));
}

int access(const char *path, int mode) { return (int)at(SYS_faccessat, path, mode, 0); }
int unlink(const char *path) { return (int)at(SYS_unlinkat, path, 0, 0); }
int mkdir(const char *path, mode_t mode) { return (int)at(SYS_mkdirat, path, (long)mode, 0); }
ssize_t readlink(const char *restrict path, char *restrict to, size_t size) { return at(SYS_readlinkat, path, (long)to, (long)size); }
int stat(const char *restrict path, struct stat *restrict out) { return (int)at(SYS_newfstatat, path, (long)out, 0); }
int lstat(const char *restrict path, struct stat *restrict out) { return (int)at(SYS_newfstatat, path, (long)out, AT_SYMLINK_NOFOLLOW); }
int fstat(int fd, struct stat *out) { return (int)shim_leave(kernel_call(SYS_fstat, fd, (long)out, 0, 0, 0, 0)); }
int symlink(const char *target, const char *path) {
  int directory = kernel_at(&path);
  return (int)shim_leave(kernel_call(SYS_symlinkat, (long)target, directory, (long)path, 0, 0, 0));
}
int link(const char *from, const char *to) { return (int)at_both(SYS_linkat, from, to); }
int rename(const char *from, const char *to) { return (int)at_both(SYS_renameat2, from, to); }
int chmod(const char *path, mode_t mode) { return (int)at(SYS_fchmodat, path, (long)mode, 0); }
int fchmod(int fd, mode_t mode) { return (int)shim_leave(kernel_call(SYS_fchmod, fd, (long)mode, 0, 0, 0, 0)); }
int pipe2(int ends[2], int flags) { return (int)shim_leave(kernel_call(SYS_pipe2, (long)ends, flags, 0, 0, 0, 0)); }
ssize_t tee(int in, int out, size_t size, unsigned flags) { return shim_leave(kernel_call(SYS_tee, in, out, (long)size, flags, 0, 0)); }
pid_t getpid(void) { return kernel_getpid(); }
pid_t getppid(void) { return (pid_t)kernel_call(SYS_getppid, 0, 0, 0, 0, 0, 0); }
void *mmap(void *where, size_t size, int protection, int flags, int fd, off_t offset) {
  long result = kernel_call(SYS_mmap, (long)where, (long)size, protection, flags, fd, offset);
  if (result >= 0 || result < -4095) return (void *)result;
  errno = (int)-result;
  return MAP_FAILED;
}
int munmap(void *from, size_t size) { return (int)shim_leave(kernel_call(SYS_munmap, (long)from, (long)size, 0, 0, 0, 0)); }
