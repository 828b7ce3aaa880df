/* SPDX-License-Identifier: MIT
 * sendmsg, recvmsg, sendmmsg, recvmmsg. */
#include <errno.h>

#include "enter.h"
#include "libc.h"
#include "message.h"
#include "table.h"

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags) { return shim_leave(message_send(fd, message, flags)); }

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags) { return shim_leave(message_receive(fd, message, flags)); }

EXPORT int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  if (!table_entry(fd) && !message_any_pass(messages, count)) return libc.sendmmsg(fd, messages, count, flags);
  return (int)shim_leave(message_send_many(fd, messages, count, flags));
}

EXPORT int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  if (!table_entry(fd) && !message_any_control(messages, count)) return libc.recvmmsg(fd, messages, count, flags, timeout);
  return (int)shim_leave(message_receive_many(fd, messages, count, flags, timeout));
}
