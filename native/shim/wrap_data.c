/* SPDX-License-Identifier: MIT
 * read, write, recv and send in all their forms. A descriptor that is not ours costs one bounds check and one load. A stream of ours makes the
 * same system call as without us, and only its failure is looked at again. UDP goes through messages, for its names. */
#include <errno.h>
#include <string.h>

#include "consume.h"
#include "datagram.h"
#include "enter.h"
#include "libc.h"
#include "message.h"
#include "stream.h"
#include "table.h"
#include "wrap.h"

/* Flags that a unix stream does not know. */
enum { RECEIVE_SPECIAL = MSG_TRUNC | MSG_ERRQUEUE };

void __chk_fail(void) __attribute__((noreturn));
ssize_t __read_chk(int fd, void *to, size_t size, size_t room);
ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *__restrict to, size_t size, size_t room, int flags, __SOCKADDR_ARG from, socklen_t *__restrict length);

/* `entry`: as it was when the call began. */
static ssize_t received(int fd, u32 entry, ssize_t result, size_t size, int flags) {
  if (result > 0) {
    consume_after(fd, entry, !(flags & MSG_PEEK));
    return result;
  }
  if (!entry) return result;
  struct sock *s = table_find(fd);
  if (!s || !(result || size)) return result;
  return shim_leave(result ? stream_receive_error(fd, s, -errno, flags) : stream_receive_end(s));
}

/* `raised`: the kernel was free to send SIGPIPE. */
static ssize_t sent(int fd, long result, size_t size, int flags, bool raised) {
  struct sock *s = result < 0 ? table_find(fd) : NULL;
  return shim_leave(s ? stream_send_error(fd, s, result, size, flags, raised) : result);
}

/* write(2) cannot keep the kernel from sending SIGPIPE, and a unix socket has one write less than TCP until then. So streams send, unless a
 * seccomp filter may know of write only, or the number is no longer a socket. */
static bool is_no_send(long result) { return result == -ENOTSOCK || result == -EPERM || result == -ENOSYS; }

static long receive_vector(int fd, const struct iovec *vector, size_t count, int flags) {
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = count};
  return message_receive(fd, &message, flags);
}

static long send_vector(int fd, const struct iovec *vector, size_t count, int flags) {
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = count};
  return message_send(fd, &message, flags);
}

/* True when the number is another file's by now (libc's own calls closed it unseen): then the entry is gone, and the call is the kernel's. */
static bool is_stale(int fd, long result) { return result < 0 && result != -EAGAIN && result != -EINTR && !table_find_checked(fd); }

static ssize_t read_any(int fd, void *to, size_t size) {
  u32 entry = consume_input(fd);
  /* sock_read_iter answers 0 to a read of nothing and leaves the datagram. */
  if ((entry & TABLE_SLOW) && size) {
    long result = receive_vector(fd, &(struct iovec){to, size}, 1, 0);
    if (!is_stale(fd, result)) return shim_leave(result);
  }
  return received(fd, entry, libc.read(fd, to, size), size, 0);
}

EXPORT ssize_t write(int fd, const void *from, size_t size) {
  u32 entry = table_entry(fd);
  if (!entry) return libc.write(fd, from, size);
  consume_output(fd, entry);
  if (entry & TABLE_SLOW) {
    long result = send_vector(fd, &(struct iovec){(void *)from, size}, 1, 0);
    if (!is_stale(fd, result)) return shim_leave(result);
  }
  long result = wrap_is_sandboxed ? -EPERM : REAL(libc.send(fd, from, size, MSG_NOSIGNAL));
  return is_no_send(result) ? sent(fd, REAL(libc.write(fd, from, size)), size, 0, true) : sent(fd, result, size, 0, false);
}

static bool is_bad_vector(const struct iovec *vector, int count) { return count < 0 || count > 1024 || (count && !vector); }

static size_t vector_size(const struct iovec *vector, int count) {
  return message_size(&(struct msghdr){.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count});
}

EXPORT ssize_t readv(int fd, const struct iovec *vector, int count) {
  u32 entry = consume_input(fd);
  if ((entry & TABLE_SLOW) && !is_bad_vector(vector, count) && vector_size(vector, count)) {
    long result = receive_vector(fd, vector, (size_t)count, 0);
    if (!is_stale(fd, result)) return shim_leave(result);
  }
  ssize_t result = libc.readv(fd, vector, count);
  return received(fd, entry, result, result == 0 && entry ? vector_size(vector, count) : 1, 0);
}

EXPORT ssize_t writev(int fd, const struct iovec *vector, int count) {
  u32 entry = table_entry(fd);
  if (!entry || is_bad_vector(vector, count)) return libc.writev(fd, vector, count);
  consume_output(fd, entry);
  if (entry & TABLE_SLOW) {
    long result = send_vector(fd, vector, (size_t)count, 0);
    if (!is_stale(fd, result)) return shim_leave(result);
  }
  struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
  long result = wrap_is_sandboxed ? -EPERM : REAL(libc.sendmsg(fd, &message, MSG_NOSIGNAL));
  if (result >= 0) return result;
  bool raised = is_no_send(result);
  if (raised) result = REAL(libc.writev(fd, vector, count));
  return sent(fd, result, result == -EPIPE ? message_size(&message) : 0, 0, raised);
}

static ssize_t receive_any(int fd, void *to, size_t size, int flags) {
  u32 entry = flags & MSG_PEEK ? table_entry(fd) : consume_input(fd);
  if (entry && ((entry & TABLE_SLOW) || (flags & RECEIVE_SPECIAL)))
    return shim_leave(receive_vector(fd, &(struct iovec){to, size}, 1, flags));
  return received(fd, entry, libc.recv(fd, to, size, flags), size, flags);
}

EXPORT ssize_t send(int fd, const void *from, size_t size, int flags) {
  u32 entry = table_entry(fd);
  if (!entry) return libc.send(fd, from, size, flags);
  consume_output(fd, entry);
  if (entry & TABLE_SLOW) return shim_leave(send_vector(fd, &(struct iovec){(void *)from, size}, 1, flags));
  return sent(fd, REAL(libc.send(fd, from, size, flags | MSG_NOSIGNAL)), size, flags, false);
}

static ssize_t receive_from(int fd, void *to, size_t size, int flags, struct sockaddr *from, socklen_t *length) {
  if (from && !length) return shim_leave(-EFAULT);
  if (from && (int)*length < 0) return shim_leave(-EINVAL);
  struct iovec vector = {to, size};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_name = from, .msg_namelen = from ? *length : 0};
  long result = message_receive(fd, &message, flags);
  if (result >= 0 && from) *length = message.msg_namelen;
  return shim_leave(result);
}

static ssize_t receive_from_any(int fd, void *to, size_t size, int flags, __SOCKADDR_ARG from, socklen_t *length) {
  if (table_entry(fd)) return receive_from(fd, to, size, flags, SOCKADDR(from), length);
  return libc.recvfrom(fd, to, size, flags, from, length);
}

static ssize_t send_to(int fd, const void *from, size_t size, int flags, const struct sockaddr *to, socklen_t length) {
  if (to && (length > sizeof(struct sockaddr_storage) || (!length && (table_entry(fd) & TABLE_DATAGRAM)))) return shim_leave(-EINVAL);
  struct iovec vector = {(void *)from, size};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_name = (void *)to, .msg_namelen = to ? length : 0};
  return shim_leave(message_send(fd, &message, flags));
}

EXPORT ssize_t sendto(int fd, const void *from, size_t size, int flags, __CONST_SOCKADDR_ARG to, socklen_t length) {
  if (table_entry(fd)) return send_to(fd, from, size, flags, SOCKADDR(to), length);
  return libc.sendto(fd, from, size, flags, to, length);
}

EXPORT ssize_t read(int fd, void *to, size_t size) { return read_any(fd, to, size); }

EXPORT ssize_t recv(int fd, void *to, size_t size, int flags) { return receive_any(fd, to, size, flags); }

EXPORT ssize_t recvfrom(int fd, void *__restrict to, size_t size, int flags, __SOCKADDR_ARG from, socklen_t *__restrict length) {
  return receive_from_any(fd, to, size, flags, from, length);
}

EXPORT ssize_t __read_chk(int fd, void *to, size_t size, size_t room) {
  if (size > room) __chk_fail();
  return read_any(fd, to, size);
}

EXPORT ssize_t __recv_chk(int fd, void *to, size_t size, size_t room, int flags) {
  if (size > room) __chk_fail();
  return receive_any(fd, to, size, flags);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *__restrict to, size_t size, size_t room, int flags, __SOCKADDR_ARG from,
                              socklen_t *__restrict length) {
  if (size > room) __chk_fail();
  return receive_from_any(fd, to, size, flags, from, length);
}
