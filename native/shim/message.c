/* SPDX-License-Identifier: MIT */
#include "message.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <time.h>

#include "consume.h"
#include "control.h"
#include "datagram.h"
#include "enter.h"
#include "kernel.h"
#include "libc.h"
#include "nameserver.h"
#include "netlink.h"
#include "pass.h"
#include "stale.h"
#include "stream.h"
#include "table.h"

#ifndef SCM_TS_OPT_ID
#define SCM_TS_OPT_ID 81
#endif

enum { MESSAGES_MAX = 1024 /* UIO_MAXIOV */ };

/* Not ours: it may carry what is. */
static long send_elsewhere(int fd, const struct msghdr *message, int flags) {
  if (!message->msg_control || !message->msg_controllen) return REAL(libc.sendmsg(fd, message, flags));
  long result = pass_send(fd, message, flags);
  if (result == -EBADF) stale_sent(message);
  return result;
}

long message_send(int fd, const struct msghdr *message, int flags) {
  u32 entry = table_entry(fd);
  if (!message) return -EFAULT;
  if (!entry) return send_elsewhere(fd, message, flags);
  if (message->msg_name && (int)message->msg_namelen < 0) return -EINVAL;
  if (entry == TABLE_NETLINK) return netlink_send(fd, message, flags);
  consume_output(fd, entry);
  if (entry & TABLE_DATAGRAM) return datagram_send(fd, table_find(fd), message, flags);
  struct sock *s = table_find(fd);
  long result = stream_send(fd, s, message, flags);
  if (entry & TABLE_SERVED) nameserver_answer(s);
  return result;
}

long message_receive(int fd, struct msghdr *message, int flags) {
  u32 entry = table_entry(fd);
  if (!message) return -EFAULT;
  if (!entry)
    return message->msg_control && message->msg_controllen ? pass_receive(fd, message, flags) : REAL(libc.recvmsg(fd, message, flags));
  if (message->msg_name && (int)message->msg_namelen < 0) return -EINVAL;
  if (entry == TABLE_NETLINK) return netlink_receive(fd, message, flags);
  if (!(flags & MSG_PEEK)) entry = consume_input(fd);
  if (entry & TABLE_DATAGRAM) return datagram_receive(fd, table_find(fd), message, flags);
  long result = stream_receive(fd, table_find(fd), message, flags);
  consume_after(fd, entry, result > 0 && !(flags & MSG_PEEK));
  return result;
}

bool message_any_control(const struct mmsghdr *messages, unsigned count) {
  for (unsigned i = 0; messages && i < count && i < MESSAGES_MAX; i++)
    if (messages[i].msg_hdr.msg_control && messages[i].msg_hdr.msg_controllen) return true;
  return false;
}

bool message_any_pass(const struct mmsghdr *messages, unsigned count) {
  for (unsigned i = 0; messages && i < count && i < MESSAGES_MAX; i++)
    if (messages[i].msg_hdr.msg_control && pass_carries_ours(&messages[i].msg_hdr)) return true;
  return false;
}

long message_send_many(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  unsigned done = 0;
  if (!messages && count) return -EFAULT;
  for (; done < count && done < MESSAGES_MAX; done++) {
    long result = message_send(fd, &messages[done].msg_hdr, flags);
    if (result < 0) return done ? (long)done : result;
    messages[done].msg_len = (unsigned)result;
  }
  return (long)done;
}

/* As poll_select_set_timeout: refuses what is no time. */
static int deadline_of(const struct timespec *timeout, struct timespec *out) {
  if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1000000000) return -EINVAL;
  clock_gettime(CLOCK_MONOTONIC, out);
  if (timeout->tv_sec > INT_MAX) out->tv_sec = INT_MAX; /* beyond any uptime */
  out->tv_sec += timeout->tv_sec > INT_MAX ? 0 : timeout->tv_sec;
  out->tv_nsec += timeout->tv_nsec;
  if (out->tv_nsec >= 1000000000) out->tv_sec++, out->tv_nsec -= 1000000000;
  return 0;
}

static bool is_over(const struct timespec *deadline, struct timespec *left) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  left->tv_sec = deadline->tv_sec - now.tv_sec;
  left->tv_nsec = deadline->tv_nsec - now.tv_nsec;
  if (left->tv_nsec < 0) left->tv_sec--, left->tv_nsec += 1000000000;
  if (left->tv_sec < 0) left->tv_sec = left->tv_nsec = 0;
  return left->tv_sec == 0 && left->tv_nsec == 0;
}

/* do_recvmmsg of the kernel: the time is looked at after each datagram only, as recvmmsg(2) admits. */
long message_receive_many(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  struct timespec deadline;
  if (!messages && count) return -EFAULT;
  if (timeout && deadline_of(timeout, &deadline) < 0) return -EINVAL;
  unsigned done = 0;
  while (done < count && done < MESSAGES_MAX) {
    long result = message_receive(fd, &messages[done].msg_hdr, flags & ~MSG_WAITFORONE);
    if (result < 0) return done ? (long)done : result;
    messages[done].msg_len = (unsigned)result;
    int received = messages[done++].msg_hdr.msg_flags;
    if (flags & MSG_WAITFORONE) flags |= MSG_DONTWAIT;
    if (timeout && is_over(&deadline, timeout)) break;
    if (received & MSG_OOB) break;
  }
  return (long)done;
}

size_t message_size(const struct msghdr *message) {
  size_t size = 0;
  for (size_t i = 0; i < message->msg_iovlen && i < IOV_MAX; i++) size += message->msg_iov[i].iov_len;
  return size;
}

size_t message_keep_inet(void *control, size_t size) {
  if (!control) return 0;
  struct control_item item;
  struct control_writer writer = {.at = control, .room = size};
  size_t offset = 0;
  /* Writes never overtake reads: what is kept moves to the front. */
  while (control_next(control, size, &offset, &item) > 0) {
    if (!control_is_unix(&item)) {
      size_t whole = CMSG_SPACE(item.size);
      if (whole > size - item.offset) whole = size - item.offset;
      memmove(writer.at, (uint8_t *)control + item.offset, whole);
      writer.at += whole;
      continue;
    }
    for (size_t i = 0; (control_is_descriptors(&item) || item.head.cmsg_type == SCM_PIDFD) && i + sizeof(int) <= item.size;
         i += sizeof(int)) {
      int fd;
      memcpy(&fd, item.data + i, sizeof fd);
      if (fd >= 0) kernel_close(fd);
    }
  }
  return (size_t)(writer.at - (uint8_t *)control);
}

bool message_takes_socket_control(const struct control_item *item) {
  switch (item->head.cmsg_type) {
    case SCM_RIGHTS:
    case SCM_CREDENTIALS:
    case SO_TIMESTAMPING:
    case SO_PRIORITY:
    case SCM_TS_OPT_ID: return true;
    default: return false;
  }
}
