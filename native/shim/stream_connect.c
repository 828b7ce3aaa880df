/* SPDX-License-Identifier: MIT
 * connect of a stream as TCP does it. A unix stream connects at once or not at all, and stays what it is; so a non-blocking connect is told
 * late, and a socket that may connect again is another one under the same descriptors. */
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>

#include "arena.h"
#include "endpoint.h"
#include "group.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "renew.h"
#include "signal_driven.h"
#include "stream.h"
#include "table.h"

/* A listener of ours always has room; one of the reference has as much as its program asked for. TCP would send its SYN again. */
enum { FULL_TURNS = 50, FULL_NAP_NS = 1000000 };

static int status_of(int fd) {
  int flags = kernel_fcntl(fd, F_GETFL, 0);
  return flags < 0 ? 0 : flags;
}

/* A unix socket is writable before it connects, too: whoever watches for edges, or waits for a signal, would not hear of it. Any SO_SNDBUF makes
 * the kernel tell (sk_setsockopt); getsockopt says double what setsockopt is given (socket(7)). */
static void tell_connected(int fd, int status) {
  int size;
  socklen_t length = sizeof size;
  if (kernel_getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, &length) < 0) return;
  size /= 2;
  kernel_setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
  if (status & O_ASYNC) signal_driven_tell(fd);
}

/* Makes poll say IN, OUT, RDHUP, HUP and ERR at once, and wakes who waits: a client whose listener is closed before it accepts has an error. */
static bool raise_error(int fd) {
  static const struct sockaddr unnamed = {.sa_family = AF_UNIX};
  struct sockaddr_un name;
  socklen_t length = sizeof name;
  int listener = kernel_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC);
  if (listener < 0) return false;
  bool done = kernel_bind(listener, &unnamed, sizeof unnamed.sa_family) == 0 && kernel_listen(listener, 1) == 0 &&
              kernel_getsockname(listener, (struct sockaddr *)&name, &length) == 0 &&
              kernel_connect(fd, (struct sockaddr *)&name, length) == 0;
  kernel_close(listener);
  return done;
}

int stream_connect_name(int fd, const struct network *n, const struct sockaddr_un *to) {
  int result = group_connect(fd, n, to);
  if (result != -EAGAIN || !(status_of(fd) & O_NONBLOCK)) return result == -EAGAIN ? -EINPROGRESS : result; /* SO_SNDTIMEO */
  for (int turn = 0; turn < FULL_TURNS && result == -EAGAIN; turn++) {
    kernel_nap(FULL_NAP_NS);
    result = group_connect(fd, n, to);
  }
  return result == -EAGAIN ? -ETIMEDOUT : result;
}

/* Without a name. */
static struct sock *renew_kept(int fd, struct sock *s) {
  u32 hard = atomic_load(&s->edge) & EDGE_HARD;
  s = renew(fd, s);
  if (s) atomic_store(&s->edge, hard);
  return s;
}

static bool is_shut(const struct sock *s) { return s->info.flags & (FLAG_shutRead | FLAG_shutWrite); }

struct sock *stream_begin_anew(int fd, struct sock *s, bool in_place) {
  struct wire_info info;
  sock_read(s, &info);
  bool chosen = info.state != STATE_open && !(info.flags & (FLAG_chosenPort | FLAG_autobound | FLAG_accepted));
  if (in_place && chosen) return s;
  if (in_place) endpoint_leave_names(fd, s);
  if (!in_place) s = chosen ? stream_renew(fd, s) : renew_kept(fd, s);
  if (!s || chosen) return s;
  struct address local = info_local(&info);
  sock_begin(s);
  s->info.state = STATE_open;
  if (!(info.flags & FLAG_autobound)) s->info.flags |= info.flags & FLAG_chosenPort;
  sock_set_local(s, &local);
  sock_end(s);
  return s;
}

int stream_connect_answer(int fd, struct sock *s, int result) {
  bool told_late = result == 0 || result == -ECONNREFUSED || result == -EHOSTUNREACH || result == -ETIMEDOUT;
  if (!told_late) return result;
  if (result < 0) {
    struct sock *fresh = stream_begin_anew(fd, s, !is_shut(s));
    if (fresh) s = fresh;
  }
  int status = status_of(fd);
  if (!(status & O_NONBLOCK)) return result;
  if (result == 0) {
    tell_connected(fd, status);
    atomic_fetch_or(&s->edge, EDGE_CONNECTING);
    return -EINPROGRESS;
  }
  sock_begin(s);
  s->info.pendingError = -result;
  sock_end(s);
  atomic_fetch_or(&s->edge, EDGE_REFUSED);
  if (raise_error(fd)) return -EINPROGRESS;
  atomic_fetch_and(&s->edge, ~(u32)EDGE_REFUSED);
  sock_begin(s);
  s->info.pendingError = 0;
  sock_end(s);
  return result;
}

int stream_connect_again(int fd, struct sock *s) {
  u32 edge = atomic_load(&s->edge);
  if (edge & EDGE_PAST) return -EISCONN;
  if (!edge && !stream_has_left_name(s)) return 1;
  if (atomic_fetch_and(&s->edge, ~(u32)EDGE_CONNECTING) & EDGE_CONNECTING) return 0;
  if (!(edge & EDGE_REFUSED)) {
    if (stream_has_left_name(s)) stream_renew(fd, s);
    return 1;
  }
  int error = stream_take_error(fd, s);
  stream_renew(fd, s);
  return error ? error : -ECONNABORTED;
}

struct sock *stream_renew(int fd, struct sock *s) {
  struct wire_info info;
  sock_read(s, &info);
  bool has_left_name = stream_has_left_name(s);
  s = renew_kept(fd, s);
  if (!s) return NULL;
  bool chosen = info.localPort && (info.state != STATE_open || has_left_name) && !(info.flags & (FLAG_autobound | FLAG_accepted));
  struct address local = info.flags & FLAG_anyBound ? address_any(info.flags & FLAG_nameV4 ? AF_INET : info.family) : info_local(&info);
  local.port = has_left_name ? 0 : info.localPort;
  if (!chosen) return s;
  endpoint_bind(fd, s, &local);
  sock_begin(s);
  s->info.flags |= info.flags & FLAG_chosenPort;
  sock_end(s);
  return s;
}

bool stream_has_ended(int fd, const struct sock *s) {
  bool kept = s->info.state != STATE_connected || !(s->info.flags & (FLAG_chosenPort | FLAG_autobound | FLAG_accepted));
  return s->info.type == SOCK_STREAM && !kept && stream_state(fd, s) == TCP_CLOSE;
}

struct sock *stream_renew_unbound(int fd, struct sock *s) {
  bool over = s->info.state == STATE_connected;
  u16 port = s->info.localPort,
      shut = over ? FLAG_shutRead | FLAG_shutWrite : s->info.flags & (FLAG_shutRead | FLAG_shutWrite); /* tcp_done */
  int error = over ? stream_take_error(fd, s) : 0;
  s = renew_kept(fd, s);
  if (!s) return NULL;
  if (over) atomic_fetch_or(&s->edge, EDGE_PAST | (error == -EPIPE ? EDGE_ENDED : 0));
  if (error && raise_error(fd)) error = 0;
  sock_begin(s);
  s->info.localPort = port;
  s->info.pendingError = -error;
  sock_end(s);
  if (!shut) return s;
  kernel_shutdown(fd, shut == FLAG_shutRead ? SHUT_RD : shut == FLAG_shutWrite ? SHUT_WR : SHUT_RDWR);
  sock_begin(s);
  s->info.flags |= shut;
  sock_end(s);
  return s;
}

void stream_reset_peer(const struct network *n, const struct wire_info *info) {
  if (n->arena && info->state == STATE_connected) arena_socket_mark_peer(n->arena, info, FLAG_reset);
}

int stream_disconnect(int fd, struct sock *s) {
  struct wire_info info;
  sock_read(s, &info);
  bool fresh = !atomic_load(&s->edge) && !is_shut(s);
  if (fresh && (info.state == STATE_bound || (info.state == STATE_open && !(info.flags & FLAG_autobound)))) return 0;
  bool connected = info.state == STATE_connected && stream_state(fd, s) != TCP_CLOSE;
  stream_reset_peer(s->network, &info);
  if (connected) kernel_shutdown(fd, SHUT_RDWR);                                         /* for its peer, and for others that hold it */
  s = info.state == STATE_bound ? stream_renew(fd, s) : stream_begin_anew(fd, s, false); /* a port is let go on the way to TCP_CLOSE only */
  if (!s) return -ENOBUFS;
  sock_begin(s);
  if (connected) s->info.pendingError = ECONNRESET;
  sock_end(s);
  endpoint_record(fd, s, OP_disconnect, 0, 0);
  return 0;
}
