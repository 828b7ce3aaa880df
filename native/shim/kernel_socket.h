/* SPDX-License-Identifier: MIT
 * kernel.h for calls on sockets: what the shim asks for itself beside the program's own calls, which a seccomp filter of the program does not know. */
#ifndef KERNEL_SOCKET_H
#define KERNEL_SOCKET_H

#include <sys/socket.h>

#include "kernel.h"

static inline int kernel_socket(int family, int type) { return (int)kernel_call(SYS_socket, family, type, 0, 0, 0, 0); }
static inline int kernel_bind(int fd, const void *name, socklen_t length) {
  return (int)kernel_call(SYS_bind, fd, (long)name, length, 0, 0, 0);
}
static inline int kernel_connect(int fd, const void *to, socklen_t length) {
  return (int)kernel_call(SYS_connect, fd, (long)to, length, 0, 0, 0);
}
static inline int kernel_listen(int fd, int backlog) { return (int)kernel_call(SYS_listen, fd, backlog, 0, 0, 0, 0); }
static inline int kernel_accept4(int fd, void *from, socklen_t *length, int flags) {
  return (int)kernel_call(SYS_accept4, fd, (long)from, (long)length, flags, 0, 0);
}
static inline int kernel_getsockname(int fd, void *out, socklen_t *length) {
  return (int)kernel_call(SYS_getsockname, fd, (long)out, (long)length, 0, 0, 0);
}
static inline int kernel_getpeername(int fd, void *out, socklen_t *length) {
  return (int)kernel_call(SYS_getpeername, fd, (long)out, (long)length, 0, 0, 0);
}
static inline int kernel_setsockopt(int fd, int level, int option, const void *value, socklen_t length) {
  return (int)kernel_call(SYS_setsockopt, fd, level, option, (long)value, length, 0);
}
static inline long kernel_sendto(int fd, const void *from, size_t size, int flags, const void *to, socklen_t length) {
  return kernel_call(SYS_sendto, fd, (long)from, (long)size, flags, (long)to, length);
}
static inline long kernel_sendmsg(int fd, const struct msghdr *message, int flags) {
  return kernel_call(SYS_sendmsg, fd, (long)message, flags, 0, 0, 0);
}
static inline long kernel_recvmsg(int fd, struct msghdr *message, int flags) {
  return kernel_call(SYS_recvmsg, fd, (long)message, flags, 0, 0, 0);
}
static inline long kernel_recv(int fd, void *to, size_t size, int flags) {
  return kernel_call(SYS_recvfrom, fd, (long)to, (long)size, flags, 0, 0);
}
static inline int kernel_shutdown(int fd, int how) { return (int)kernel_call(SYS_shutdown, fd, how, 0, 0, 0, 0); }
static inline int kernel_dup3(int old, int new, int flags) { return (int)kernel_call(SYS_dup3, old, new, flags, 0, 0, 0); }

#endif
