/* SPDX-License-Identifier: MIT
 * syscall(2) by number: libuv closes with it, others use it for calls that their libc lacks. And the way to forbid calls: seccomp. */
#include <errno.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>

#include "enter.h"
#include "libc.h"
#include "user.h"
#include "network.h"
#include "process.h"
#include "wrap.h"

/* Before the constructor: an allocator may call syscall() while the first libraries are linked. */
static long raw_syscall(long number, const long *a) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = a[3];
  register long r8 __asm__("r8") = a[4];
  register long r9 __asm__("r9") = a[5];
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a[0];
  register long x1 __asm__("x1") = a[1];
  register long x2 __asm__("x2") = a[2];
  register long x3 __asm__("x3") = a[3];
  register long x4 __asm__("x4") = a[4];
  register long x5 __asm__("x5") = a[5];
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
  return -ENOSYS;
#endif
}

/* A fork that libc does not know of. The child of vfork and one with a stack of its own don't come back to here: as they are. */
static bool is_fork(long number, const long *a) {
  switch (number) {
#ifdef SYS_fork
    case SYS_fork: return true;
#endif
    case SYS_clone: return !(a[0] & CLONE_VM) && !a[1];
    case SYS_clone3: {
      struct clone_args wanted = {0};
      if (!a[0] || (size_t)a[1] < CLONE_ARGS_SIZE_VER0) return false;
      memcpy(&wanted, (const void *)a[0], CLONE_ARGS_SIZE_VER0);
      return !(wanted.flags & CLONE_VM) && !wanted.stack;
    }
    default: return false;
  }
}

EXPORT long syscall(long number, ...) {
  long a[6];
  va_list arguments;
  va_start(arguments, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(arguments, long);
  va_end(arguments);
  if (!libc.syscall) return shim_leave(raw_syscall(number, a));
  if (is_fork(number, a)) {
    process_before_fork();
    return process_forked((pid_t)libc.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]));
  }
  int fd = (int)a[0];
  void *p1 = (void *)a[1], *p2 = (void *)a[2], *p4 = (void *)a[4];
  socklen_t *l5 = (socklen_t *)a[5];
  switch (number) {
    case SYS_close: return close(fd);
    case SYS_close_range: return close_range((unsigned)a[0], (unsigned)a[1], (int)a[2]);
    case SYS_dup: return dup(fd);
#ifdef SYS_dup2
    case SYS_dup2: return dup2(fd, (int)a[1]);
#endif
    case SYS_dup3: return dup3(fd, (int)a[1], (int)a[2]);
    case SYS_fcntl: return fcntl(fd, (int)a[1], p2);
    case SYS_ioctl: return ioctl(fd, (unsigned long)a[1], p2);
    case SYS_socket: return socket(fd, (int)a[1], (int)a[2]);
    case SYS_socketpair: return socketpair(fd, (int)a[1], (int)a[2], (int *)a[3]);
    case SYS_bind: return bind(fd, (const struct sockaddr *)p1, (socklen_t)a[2]);
    case SYS_listen: return listen(fd, (int)a[1]);
    case SYS_connect: return connect(fd, (const struct sockaddr *)p1, (socklen_t)a[2]);
    case SYS_accept4: return accept4(fd, (struct sockaddr *)p1, p2, (int)a[3]);
#ifdef SYS_accept
    case SYS_accept: return accept(fd, (struct sockaddr *)p1, p2);
#endif
    case SYS_getsockname: return getsockname(fd, (struct sockaddr *)p1, p2);
    case SYS_getpeername: return getpeername(fd, (struct sockaddr *)p1, p2);
    case SYS_getsockopt: return getsockopt(fd, (int)a[1], (int)a[2], (void *)a[3], p4);
    case SYS_setsockopt: return setsockopt(fd, (int)a[1], (int)a[2], (const void *)a[3], (socklen_t)a[4]);
    case SYS_shutdown: return shutdown(fd, (int)a[1]);
    case SYS_read: return read(fd, p1, (size_t)a[2]);
    case SYS_write: return write(fd, p1, (size_t)a[2]);
    case SYS_readv: return readv(fd, p1, (int)a[2]);
    case SYS_writev: return writev(fd, p1, (int)a[2]);
    case SYS_recvfrom: return recvfrom(fd, p1, (size_t)a[2], (int)a[3], (struct sockaddr *)p4, l5);
    case SYS_sendto: return sendto(fd, p1, (size_t)a[2], (int)a[3], (const struct sockaddr *)p4, (socklen_t)a[5]);
    case SYS_recvmsg: return recvmsg(fd, p1, (int)a[2]);
    case SYS_sendmsg: return sendmsg(fd, p1, (int)a[2]);
    case SYS_recvmmsg: return recvmmsg(fd, p1, (unsigned)a[2], (int)a[3], p4);
    case SYS_sendmmsg: return sendmmsg(fd, p1, (unsigned)a[2], (int)a[3]);
    case SYS_setuid:
    case SYS_setfsuid:
      if (a[0]) user_leave_root(&user_thread_calls);
      return libc.syscall(number, a[0]);
    case SYS_setreuid:
    case SYS_setresuid:
      if (a[1] && (uid_t)a[1] != (uid_t)-1) user_leave_root(&user_thread_calls);
      return libc.syscall(number, a[0], a[1], a[2]);
    case SYS_setgroups: return shim_leave(user_set_groups(&user_thread_calls, (size_t)a[0], p1));
    case SYS_pidfd_getfd: return pidfd_getfd(fd, (int)a[1], (unsigned)a[2]);
    case SYS_chroot: return chroot((const char *)a[0]);
    case SYS_prctl: return prctl(fd, a[1], a[2], a[3], a[4]);
    case SYS_seccomp: return seccomp_syscall(a[0], a[1], p2);
    case SYS_execve: return execve((const char *)a[0], p1, (char *const *)a[2]);
    case SYS_execveat: return execveat(fd, p1, (char *const *)a[2], (char *const *)a[3], (int)a[4]);
    /* Its sockets would be real ones. Programs fall back, as on a kernel without it. */
    case SYS_io_uring_setup: return network_current() ? shim_leave(-ENOSYS) : libc.syscall(number, a[0], a[1]);
    default: return libc.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  }
}
