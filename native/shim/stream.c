/* SPDX-License-Identifier: MIT */
#include "stream.h"

#include <errno.h>
#include <limits.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "arena.h"
#include "capture.h"
#include "control.h"
#include "enter.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "libc.h"
#include "message.h"
#include "option_local.h"
#include "table.h"
#include "wrap.h"

enum { CHUNK = 8192, SEND_MAX = 0x7ffff000 /* MAX_RW_COUNT */ };

/* What poll says of the end of a stream; POLLHUP: both directions are closed, by the peer or by both ends. */
static short events_of(int fd) { return kernel_events(fd, POLLIN | POLLRDHUP); }

static int take_pending(struct sock *s) {
  if (!s->info.pendingError) return 0;
  sock_begin(s);
  int error = s->info.pendingError;
  s->info.pendingError = 0;
  sock_end(s);
  return error;
}

static void set_pending(struct sock *s, int error) {
  sock_begin(s);
  s->info.pendingError = error;
  sock_end(s);
}

static bool mark(struct sock *s, u32 edge) { return !(atomic_fetch_or(&s->edge, edge) & edge); }

/* The peer reset the connection, and nobody was told yet. Its shim has left a note in the registry. */
static bool is_reset_unseen(const struct sock *s) {
  struct wire_info info;
  struct arena *arena = s->network->arena;
  if (!arena || (atomic_load_explicit(&s->edge, memory_order_relaxed) & EDGE_RESET)) return false;
  return (s->info.flags & FLAG_reset) || (arena_socket_version(arena, s->info.cookie) > s->info.version &&
                                          arena_socket_get(arena, s->info.cookie, &info) && (info.flags & FLAG_reset));
}

static bool take_reset(struct sock *s) { return is_reset_unseen(s) && mark(s, EDGE_RESET); }

int stream_take_error(int fd, struct sock *s) {
  int error = take_pending(s), kernel = 0;
  socklen_t length = sizeof kernel;
  (void)kernel_getsockopt(fd, SOL_SOCKET, SO_ERROR, &kernel, &length);
  if (kernel) {
    mark(s, EDGE_RESET);
    if (atomic_load(&s->edge) & EDGE_ENDED) kernel = EPIPE; /* tcp_reset in CLOSE_WAIT */
  }
  if (!error) error = kernel ? kernel : take_reset(s) ? ECONNRESET : 0;
  return -error;
}

/* The states of a connection whose ends close one after the other; what takes a millisecond between two machines is over at once. */
int stream_state(int fd, const struct sock *s) {
  struct wire_info info;
  sock_read(s, &info);
  if (info.state == STATE_listening) return TCP_LISTEN;
  if (info.state != STATE_connected || (atomic_load(&s->edge) & EDGE_RESET)) return TCP_CLOSE;
  short events = events_of(fd);
  bool read = info.flags & FLAG_shutRead, written = info.flags & FLAG_shutWrite;
  if ((events & POLLERR) || is_reset_unseen(s)) return TCP_CLOSE;
  bool peer_ended = read ? (events & POLLHUP) && !written : events & POLLRDHUP;
  if (peer_ended) return written ? TCP_CLOSE : TCP_CLOSE_WAIT;
  return written ? TCP_FIN_WAIT2 : TCP_ESTABLISHED;
}

/* tcp_disconnect forgets the shutdown of a listener, which the unix socket stays for ever. */
static bool was_listener(int fd) {
  int value = 0;
  socklen_t length = sizeof value;
  return kernel_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0 && value;
}

long stream_receive_error(int fd, struct sock *s, long error, int flags) {
  if (error == -ECONNRESET) {
    mark(s, EDGE_RESET);
    int pending = take_pending(s);
    if (!pending && (atomic_load(&s->edge) & EDGE_ENDED)) return 0;
    return pending ? -pending : error;
  }
  if (error != -EINVAL || (flags & MSG_OOB)) return error;
  sock_refresh(s);
  if (s->info.state == STATE_connected) return error;
  /* In a plain wrapper only the kernel knows of a shutdown by another holder. */
  bool shut = (s->info.flags & FLAG_shutRead) || (events_of(fd) & POLLRDHUP);
  return shut && !was_listener(fd) ? 0 : -ENOTCONN;
}

long stream_receive_end(struct sock *s) {
  if (take_reset(s)) return -ECONNRESET;
  mark(s, EDGE_ENDED);
  return 0;
}

/* EPIPE of a unix stream: somebody has closed this direction. TCP knows it of the own end only. The peer throws away what comes after
 * shutdown(SHUT_RD), and after its close the first bytes are taken and answered by a reset. */
static long send_to_end(int fd, struct sock *s, size_t size) {
  sock_refresh(s);
  u32 edge = atomic_load(&s->edge);
  if (s->info.flags & FLAG_shutWrite) return -EPIPE;
  if (edge & EDGE_RESET) {
    take_pending(s);
    return -EPIPE;
  }
  int error = stream_take_error(fd, s);
  if (error < 0) return error;
  if (edge & EDGE_REFUSED) return -EPIPE;
  if (size && (events_of(fd) & POLLHUP) && mark(s, EDGE_RESET)) set_pending(s, EPIPE);
  return (long)size;
}

long stream_send_error(int fd, struct sock *s, long error, size_t size, int flags, bool raised) {
  if (error == -EPIPE)
    error = send_to_end(fd, s, size < SEND_MAX ? size : SEND_MAX);
  else if (error == -ENOTCONN)
    error = -EPIPE, raised = false;
  else
    return error;
  if (error == -EPIPE && !raised && !(flags & MSG_NOSIGNAL)) raise(SIGPIPE);
  return error;
}

/* MSG_PEEK | MSG_TRUNC counts what is there. */
static long count_waiting(int fd, size_t size, int flags) {
  char first;
  int waiting = 0;
  long result = REAL(libc.recv(fd, &first, 1, flags & ~(MSG_TRUNC | MSG_WAITALL)));
  if (result <= 0) return result;
  result = kernel_ioctl(fd, SIOCINQ, &waiting);
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

/* TCP_CM_INQ: how many bytes are left, at least 1 when they are followed by the end. Returns the size of the control message. */
static size_t tell_left(int fd, struct msghdr *message, size_t used) {
  struct control_writer writer = {.at = (uint8_t *)message->msg_control + used, .room = message->msg_controllen - used};
  int left = 0;
  (void)kernel_ioctl(fd, SIOCINQ, &left);
  if (!left && (events_of(fd) & POLLRDHUP)) left = 1;
  control_put(&writer, IPPROTO_TCP, TCP_CM_INQ, &left, sizeof left);
  message->msg_flags |= writer.flags;
  return message->msg_controllen - used - writer.room;
}

long stream_receive(int fd, struct sock *s, struct msghdr *message, int flags) {
  if (!s) return -EBADF; /* another thread has closed it */
  if (flags & MSG_ERRQUEUE) return -EAGAIN;
  struct msghdr copy = *message;
  copy.msg_name = NULL;
  copy.msg_namelen = 0;
  long result;
  if (message->msg_iovlen > IOV_MAX) return -EMSGSIZE;
  if (!message->msg_iov && message->msg_iovlen) return -EFAULT;
  if (flags & MSG_TRUNC) {
    result = discard(fd, message_size(message), flags);
    copy.msg_controllen = 0;
    copy.msg_flags = 0;
  } else {
    result = wrap_recvmsg(fd, &copy, flags);
  }
  if (capture_is_on(s)) capture_received(fd, s, message, flags, result);
  if (result < 0) return stream_receive_error(fd, s, result, flags);
  if (result == 0 && message_size(message)) result = stream_receive_end(s);
  if (result < 0) return result;
  if (message->msg_name) message->msg_namelen = 0;
  message->msg_flags = copy.msg_flags;
  size_t used = message_keep_inet(copy.msg_control, copy.msg_controllen);
  if (message->msg_control && option_local_tells_left(s)) used += tell_left(fd, message, used);
  message->msg_controllen = used;
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

long stream_send(int fd, struct sock *s, const struct msghdr *message, int flags) {
  if (!s) return -EBADF;
  int result = !message->msg_controllen ? 0 : message->msg_control ? check_control(message) : -EFAULT;
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
  int quiet = flags | MSG_NOSIGNAL;
  long sent = table_entry(fd) & TABLE_CAPTURED ? capture_send(fd, &copy, quiet) : wrap_sendmsg(fd, &copy, quiet);
  if (sent >= 0) return sent;
  return stream_send_error(fd, s, sent, sent == -EPIPE ? message_size(message) : 0, flags, false);
}
