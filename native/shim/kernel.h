/* SPDX-License-Identifier: MIT
 * System calls without libc: never one of our own wrappers (the shim exports close, read, fcntl, syscall ...), never errno, usable before
 * libc_resolve and in programs that are linked without the shim. All return >= 0 or -errno. Signal-safe: yes. */
#ifndef KERNEL_H
#define KERNEL_H

#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

#if defined(__x86_64__)
static inline long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  register long r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
static inline long kernel_call(long number, long a, long b, long c, long d, long e, long f) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  register long x5 __asm__("x5") = f;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
}
#else
#error "only x86-64 and aarch64 are supported"
#endif

/* Where absolute paths of the shim start: at /, and once chroot(2) has changed that, at a descriptor of what it was before (root.h). Weak: each
 * program that is linked with this has one of its own. */
__attribute__((weak, visibility("hidden"))) int kernel_root = AT_FDCWD;
/* The directory for an *at call, and the path from there. */
static inline int kernel_at(const char **path) {
  int root = __atomic_load_n(&kernel_root, __ATOMIC_ACQUIRE);
  if (root < 0 || **path != '/') return AT_FDCWD;
  while (**path == '/') ++*path;
  return root;
}
static inline long kernel_path_call(long number, const char *path, long b, long c, long d) {
  int at = kernel_at(&path);
  return kernel_call(number, at, (long)path, b, c, d, 0);
}

static inline int kernel_open(const char *path, int flags, mode_t mode) {
  return (int)kernel_path_call(SYS_openat, path, flags, (long)mode, 0);
}
static inline int kernel_close(int fd) { return (int)kernel_call(SYS_close, fd, 0, 0, 0, 0, 0); }
static inline long kernel_read(int fd, void *to, size_t size) { return kernel_call(SYS_read, fd, (long)to, (long)size, 0, 0, 0); }
static inline long kernel_pread(int fd, void *to, size_t size, off_t offset) {
  return kernel_call(SYS_pread64, fd, (long)to, (long)size, offset, 0, 0);
}
static inline long kernel_pwrite(int fd, const void *from, size_t size, off_t offset) {
  return kernel_call(SYS_pwrite64, fd, (long)from, (long)size, offset, 0, 0);
}
static inline int kernel_unlink(const char *path) { return (int)kernel_path_call(SYS_unlinkat, path, 0, 0, 0); }
static inline int kernel_getsockopt(int fd, int level, int option, void *value, uint32_t *length) {
  return (int)kernel_call(SYS_getsockopt, fd, level, option, (long)value, (long)length, 0);
}
static inline long kernel_write(int fd, const void *from, size_t size) {
  return kernel_call(SYS_write, fd, (long)from, (long)size, 0, 0, 0);
}
static inline int kernel_ioctl(int fd, unsigned long request, void *argument) {
  return (int)kernel_call(SYS_ioctl, fd, (long)request, (long)argument, 0, 0, 0);
}
static inline int kernel_fcntl(int fd, int command, long argument) { return (int)kernel_call(SYS_fcntl, fd, command, argument, 0, 0, 0); }
static inline int kernel_getpid(void) { return (int)kernel_call(SYS_getpid, 0, 0, 0, 0, 0, 0); }
static inline int kernel_gettid(void) { return (int)kernel_call(SYS_gettid, 0, 0, 0, 0, 0, 0); }
static inline int kernel_kill(pid_t pid, int signal) { return (int)kernel_call(SYS_kill, pid, signal, 0, 0, 0, 0); }
static inline int kernel_tgkill(pid_t pid, pid_t tid, int signal) { return (int)kernel_call(SYS_tgkill, pid, tid, signal, 0, 0, 0); }
/* All signals of the thread, held back until kernel_free_signals: around locks that a handler could want as well. */
static inline uint64_t kernel_hold_signals(void) {
  uint64_t all = ~0ull, before = 0;
  kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, sizeof all, 0, 0);
  return before;
}
static inline void kernel_free_signals(uint64_t before) {
  kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
}
/* One signal of the thread, held back. True when it was not so already; then kernel_free_signal forgets it if the call in between has sent
 * it, and lets it through again. */
static inline bool kernel_hold_signal(int number) {
  uint64_t one = 1ull << (number - 1), before = 0;
  kernel_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&one, (long)&before, sizeof one, 0, 0);
  return !(before & one);
}
static inline void kernel_free_signal(int number, bool sent) {
  uint64_t one = 1ull << (number - 1);
  static const struct timespec now = {0, 0};
  if (sent) kernel_call(SYS_rt_sigtimedwait, (long)&one, 0, (long)&now, sizeof one, 0, 0);
  kernel_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&one, 0, sizeof one, 0, 0);
}
/* What poll says now. */
static inline short kernel_events(int fd, short events) {
  struct pollfd p = {.fd = fd, .events = events};
  static const struct timespec now = {0, 0};
  return kernel_call(SYS_ppoll, (long)&p, 1, (long)&now, 0, 0, 0) < 0 ? 0 : p.revents;
}
static inline void kernel_nap(long ns) {
  struct timespec nap = {0, ns};
  kernel_call(SYS_nanosleep, (long)&nap, 0, 0, 0, 0, 0);
}
static inline long kernel_random(void *to, size_t size) { return kernel_call(SYS_getrandom, (long)to, (long)size, 0, 0, 0, 0); }
/* Shared futexes: the word lies in a file that several processes map. */
static inline int kernel_futex_wait(uint32_t *word, uint32_t expected, const struct timespec *relative) {
  return (int)kernel_call(SYS_futex, (long)word, FUTEX_WAIT, (long)expected, (long)relative, 0, 0);
}
static inline int kernel_futex_wake(uint32_t *word, int count) {
  return (int)kernel_call(SYS_futex, (long)word, FUTEX_WAKE, count, 0, 0, 0);
}

#endif
