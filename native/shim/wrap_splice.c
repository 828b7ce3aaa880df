/* SPDX-License-Identifier: MIT
 * sendfile, splice: the kernel moves bytes that nobody sees. A socket that is captured needs them as bytes, and so does one whose peer has
 * closed: TCP takes the first of them all the same. */
#include <errno.h>
#include <signal.h>
#include <sys/sendfile.h>

#include "consume.h"
#include "enter.h"
#include "kernel.h"
#include "libc.h"
#include "message.h"
#include "pipe.h"
#include "table.h"

enum { CHUNK = 16384 };

static bool is_stream(int fd) {
  u32 entry = table_entry(fd);
  return TABLE_SLOT(entry) && !(entry & TABLE_DATAGRAM);
}
static bool is_captured_stream(int fd) { return (table_entry(fd) & (TABLE_DATAGRAM | TABLE_CAPTURED)) == TABLE_CAPTURED; }

static long send_bytes(int fd, void *bytes, size_t size, int flags) {
  struct iovec vector = {bytes, size};
  return message_send(fd, &(struct msghdr){.msg_iov = &vector, .msg_iovlen = 1}, flags);
}

/* Neither call can be told MSG_NOSIGNAL. */
#define QUIETLY(call)                                          \
  (__extension__({                                             \
    bool held_ = kernel_hold_signal(SIGPIPE);                  \
    long result_ = REAL(call);                                 \
    if (held_) kernel_free_signal(SIGPIPE, result_ == -EPIPE); \
    result_;                                                   \
  }))

static long send_file(int out, int in, off_t *offset, size_t count) {
  uint8_t bytes[CHUNK];
  size_t done = 0;
  off_t at = offset ? *offset : (off_t)REAL(lseek(in, 0, SEEK_CUR));
  long sent = at < 0 ? at : 0;
  while (sent >= 0 && done < count) {
    long got = REAL(pread(in, bytes, count - done < CHUNK ? count - done : CHUNK, at + (off_t)done));
    sent = got > 0 ? send_bytes(out, bytes, (size_t)got, 0) : got;
    if (sent > 0) done += (size_t)sent;
    if (sent < got || got == 0) break;
  }
  if (!done) return sent;
  if (offset)
    *offset = at + (off_t)done;
  else
    (void)REAL(lseek(in, at + (off_t)done, SEEK_SET));
  return (long)done;
}

EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
  consume_output(out, table_entry(out));
  if (!is_stream(out)) return libc.sendfile(out, in, offset, count);
  if (!is_captured_stream(out)) {
    long sent = QUIETLY(libc.sendfile(out, in, offset, count));
    if (sent != -EPIPE) return shim_leave(sent);
  }
  long result = shim_leave(send_file(out, in, offset, count));
  /* Not a file: the kernel says what it thinks of it. */
  return result < 0 && errno == ESPIPE ? libc.sendfile(out, in, offset, count) : result;
}

EXPORT ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) __attribute__((alias("sendfile")));

/* From a pipe: what the socket has taken leaves it. */
static long send_from_pipe(int out, int in, size_t count, unsigned flags) {
  uint8_t bytes[CHUNK];
  long waiting = pipe_peek(in, bytes, count < CHUNK ? count : CHUNK);
  if (waiting <= 0) return waiting;
  long sent = send_bytes(out, bytes, (size_t)waiting, flags & SPLICE_F_NONBLOCK ? MSG_DONTWAIT : 0);
  return sent > 0 ? pipe_read(in, bytes, (size_t)sent) : sent;
}

EXPORT ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t count, unsigned flags) {
  u32 entry = consume_input(in);
  consume_output(out, table_entry(out));
  if (is_stream(out) && !is_captured_stream(out)) {
    long sent = QUIETLY(libc.splice(in, in_offset, out, out_offset, count, flags));
    consume_after(in, entry, sent > 0);
    return shim_leave(sent == -EPIPE && !in_offset ? send_from_pipe(out, in, count, flags) : sent);
  }
  if (is_captured_stream(out) && count && !out_offset && !in_offset) {
    long result = send_from_pipe(out, in, count, flags);
    /* An empty pipe, or none: the kernel waits, or says what it thinks of it. Who reads the socket records what it moved. */
    if (result > 0 || (result < 0 && result != -EAGAIN && result != -EINVAL)) return shim_leave(result);
  }
  ssize_t result = libc.splice(in, in_offset, out, out_offset, count, flags);
  consume_after(in, entry, result > 0);
  return result;
}
