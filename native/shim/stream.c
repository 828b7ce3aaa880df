/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>

#include "capture.h"
#include "control.h"
#include "enter.h"
#include "libc.h"
#include "message.h"
#include "table.h"
#include "wrap.h"

enum { CHUNK = 8192 };

long stream_receive_error(struct sock *s, long error, int flags) {
  if (error != -EINVAL || (flags & MSG_OOB)) return error;
  sock_refresh(s);
  return s->info.state == STATE_connected ? error : -ENOTCONN;
}

long stream_send_error(long error, int flags) {
  if (error != -ENOTCONN) return error;
  if (!(flags & MSG_NOSIGNAL)) raise(SIGPIPE);
  return -EPIPE;
}

/* MSG_PEEK | MSG_TRUNC counts what is there. */
static long count_waiting(int fd, size_t size, int flags) {
  char first;
  int waiting = 0;
  long result = REAL(libc.recv(fd, &first, 1, flags & ~(MSG_TRUNC | MSG_WAITALL)));
  if (result <= 0) return result;
  result = REAL(libc.ioctl(fd, SIOCINQ, &waiting));
  if (result < 0) return result;
  return (size_t)waiting < size ? waiting : (long)size;
}

/* tcp(7): MSG_TRUNC throws the bytes away. A unix stream does not know it. */
static long discard(int fd, size_t size, int flags) {
  if (flags & MSG_PEEK) return count_waiting(fd, size, flags);
  char sink[CHUNK];
  size_t done = 0;
  flags &= ~MSG_TRUNC;
  while (done < size) {
    size_t part = size - done < sizeof sink ? size - done : sizeof sink;
    long got = REAL(libc.recv(fd, sink, part, flags));
    if (got <= 0) return done ? (long)done : got;
    done += (size_t)got;
    if (!(flags & MSG_WAITALL)) flags |= MSG_DONTWAIT;
  }
  return (long)done;
}

long stream_receive(int fd, struct sock *s, struct msghdr *message, int flags) {
  if (flags & MSG_ERRQUEUE) return -EAGAIN;
  struct msghdr copy = *message;
  copy.msg_name = NULL;
  copy.msg_namelen = 0;
  long result;
  if (flags & MSG_TRUNC) {
    result = discard(fd, message_size(message), flags);
    copy.msg_controllen = 0;
    copy.msg_flags = 0;
  } else {
    result = REAL(libc.recvmsg(fd, &copy, flags));
  }
  if (s && capture_is_on(s)) capture_received(fd, s, message, flags, result);
  if (result < 0) return stream_receive_error(s, result, flags);
  if (message->msg_name) message->msg_namelen = 0;
  message->msg_flags = copy.msg_flags;
  message->msg_controllen = message_keep_inet(copy.msg_control, copy.msg_controllen);
  return result;
}

/* What __sock_cmsg_send of the kernel takes from anybody; SCM_RIGHTS and SCM_CREDENTIALS it takes and ignores. */
static int check_control(const struct msghdr *message) {
  struct control_item item;
  size_t offset = 0;
  int more;
  while ((more = control_next(message->msg_control, message->msg_controllen, &offset, &item)) > 0)
    if (item.head.cmsg_level == SOL_SOCKET && !message_takes_socket_control(&item)) return -EINVAL;
  return more;
}

long stream_send(int fd, const struct msghdr *message, int flags) {
  int result = message->msg_controllen ? check_control(message) : 0;
  if (result < 0) return result;
  if ((flags & MSG_FASTOPEN) && message->msg_name) {
    result = connect_address(fd, message->msg_name, message->msg_namelen);
    if (result < 0) return result;
  }
  struct msghdr copy = *message;
  copy.msg_name = NULL;
  copy.msg_namelen = 0;
  copy.msg_control = NULL;
  copy.msg_controllen = 0;
  flags &= ~MSG_FASTOPEN;
  long sent = table_entry(fd) & TABLE_CAPTURED ? capture_send(fd, &copy, flags) : REAL(libc.sendmsg(fd, &copy, flags));
  return sent < 0 ? stream_send_error(sent, flags) : sent;
}
