/* SPDX-License-Identifier: MIT
 * What several wrappers share. */
#ifndef WRAP_H
#define WRAP_H

#include <stdbool.h>
#include <sys/socket.h>

#include "enter.h"
#include "kernel_socket.h"
#include "libc.h"

/* glibc declares addresses as a transparent union in C. */
#define SOCKADDR(argument) ((argument).__sockaddr__)

/* True once the process has installed a seccomp filter: calls that the program does not make itself may be forbidden. */
extern bool wrap_is_sandboxed;
/* In the place of what the program called: sendto, read, bind by connect ... Its filter need not know these. */
static inline long wrap_sendmsg(int fd, const struct msghdr *message, int flags) {
  return wrap_is_sandboxed ? kernel_sendmsg(fd, message, flags) : REAL(libc.sendmsg(fd, message, flags));
}
static inline long wrap_recvmsg(int fd, struct msghdr *message, int flags) {
  return wrap_is_sandboxed ? kernel_recvmsg(fd, message, flags) : REAL(libc.recvmsg(fd, message, flags));
}
/* The wrappers of the sockets API as the raw system calls see them; syscall() comes back through these. */
int connect_address(int fd, const struct sockaddr *to, socklen_t length);
/* seccomp(2), which libc has no function for. */
long seccomp_syscall(long operation, long flags, void *arguments);

#endif
