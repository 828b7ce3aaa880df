/* SPDX-License-Identifier: MIT
 * What a program does with a connection. */
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>

#include "arena_map.h"
#include "capture_write.h"
#include "message.h"
#include "process.h"
#include "table.h"
#include "wrap.h"

enum { PARTS_MAX = 64 };

void capture_accepted(int fd, struct sock *s) {
  int side;
  if (!capture_enter(s->network)) return;
  capture_flow(fd, s, &side, true);
  capture_leave(s->network);
}

void capture_shutdown(int fd, struct sock *s, int how) {
  int side;
  if (!capture_enter(s->network)) return;
  struct flow *f = capture_flow(fd, s, &side, false);
  if (f && how != SHUT_WR) f->side[side].ends |= END_READ;
  if (f && how != SHUT_RD) capture_flow_end(s->network, f, side, END_FIN);
  capture_leave(s->network);
}

/* Unread bytes, or SO_LINGER of 0 seconds, make it a reset (tcp_close of Linux). */
static enum flow_end end_of(int fd) {
  struct linger linger = {0};
  socklen_t length = sizeof linger;
  int waiting = 0;
  if (fd < 0) return END_FIN;
  (void)kernel_getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &length);
  (void)kernel_ioctl(fd, SIOCINQ, &waiting);
  return waiting > 0 || (linger.l_onoff && !linger.l_linger) ? END_RST : END_FIN;
}

/* Of a socket that others may hold only the peer learns its end. */
void capture_closing(int fd, struct sock *s) {
  int side;
  if (s->info.type != SOCK_STREAM || s->info.state != STATE_connected || (s->info.flags & FLAG_shared)) return;
  if (!capture_enter(s->network)) return;
  struct flow *f = capture_flow(fd, s, &side, false);
  if (f) capture_flow_end(s->network, f, side, end_of(fd));
  capture_leave(s->network);
}

static void leave(int fd, struct sock *s, void *context) {
  (void)context;
  if (capture_is_on(s)) capture_closing(fd, s);
}

void capture_exit(void) { table_each(leave, NULL); }

void capture_received(int fd, struct sock *s, const struct msghdr *message, int flags, long result) {
  bool end = result == 0 && message_size(message) > 0;
  if ((flags & (MSG_PEEK | MSG_OOB)) || (result <= 0 && !end && result != -ECONNRESET)) return;
  int side;
  if (!capture_enter(s->network)) return;
  struct flow *f = capture_flow(fd, s, &side, result > 0);
  struct flow_side *peer = f ? &f->side[!side] : NULL;
  if (peer && result > 0) {
    peer->taken += (u64)result;
    if (peer->taken > peer->sent) {
      /* Its sender could not record it. */
      size_t missing = peer->taken - peer->sent;
      if (missing > (size_t)result) missing = (size_t)result;
      struct iovec parts[PARTS_MAX];
      struct packet_data all = {message->msg_iov, (int)message->msg_iovlen, 0};
      struct packet_data part = packet_part(&all, (size_t)result - missing, missing, parts, PARTS_MAX);
      capture_flow_data(s->network, f, !side, &part, 0);
      peer->taken = peer->sent;
    }
  } else if (peer && !(f->side[side].ends & END_READ)) {
    capture_flow_end(s->network, f, !side, end ? END_FIN : END_RST);
  }
  capture_leave(s->network);
}

/* One attempt, recorded: nobody can answer what is not in the capture yet, since an answer needs the lock as well. */
static long send_once(int fd, struct sock *s, const struct packet_data *all, size_t done, int flags) {
  struct iovec parts[PARTS_MAX];
  struct packet_data part = packet_part(all, done, all->size - done, parts, PARTS_MAX);
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = (size_t)part.count};
  int side;
  bool entered = capture_enter(s->network) != NULL;
  long sent = wrap_sendmsg(fd, &message, flags | MSG_DONTWAIT);
  struct flow *f = entered && sent > 0 ? capture_flow(fd, s, &side, true) : NULL;
  if (f) {
    struct packet_data taken = packet_part(all, done, (size_t)sent, parts, PARTS_MAX);
    capture_flow_data(s->network, f, side, &taken, flags & MSG_OOB ? TCP_URG : 0);
  }
  if (entered) capture_leave(s->network);
  return sent;
}

long capture_send(int fd, const struct msghdr *message, int flags) {
  struct sock *s = table_find(fd);
  struct packet_data all = {message->msg_iov, (int)message->msg_iovlen, message_size(message)};
  if (!s || !all.size || message->msg_iovlen > 1024 /* UIO_MAXIOV */) return wrap_sendmsg(fd, message, flags);
  bool waits = !(flags & MSG_DONTWAIT) && !(kernel_fcntl(fd, F_GETFL, 0) & O_NONBLOCK);
  for (size_t done = 0;;) {
    long sent = send_once(fd, s, &all, done, done ? flags | MSG_NOSIGNAL : flags);
    if (sent == -EAGAIN && waits) sent = capture_wait(fd);
    if (sent < 0) return done ? (long)done : sent;
    done += (size_t)sent;
    if (done == all.size) return (long)done;
  }
}
