/* SPDX-License-Identifier: MIT
 * The error of a datagram socket: what nobody took at the other end. */
#include <errno.h>

#include "datagram.h"
#include "error_queue.h"
#include "kernel.h"
#include "kernel_socket.h"

/* A unix datagram socket has an error of its own in one case: its peer turned away and left something unread. So a peer is made that does. */
void datagram_raise_error(int fd) {
  static const struct sockaddr unnamed = {.sa_family = AF_UNIX}, none = {.sa_family = AF_UNSPEC};
  struct sockaddr_un own, other;
  socklen_t own_length = sizeof own, other_length = sizeof other;
  int peer = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC);
  if (peer < 0) return;
  if (kernel_bind(peer, &unnamed, sizeof unnamed.sa_family) == 0 && kernel_getsockname(peer, &other, &other_length) == 0 &&
      kernel_getsockname(fd, &own, &own_length) == 0 && kernel_connect(fd, &other, other_length) == 0) {
    (void)kernel_sendto(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    if (kernel_connect(peer, &own, own_length) == 0) (void)kernel_connect(peer, &none, sizeof none);
    (void)kernel_connect(fd, &none, sizeof none);
  }
  kernel_close(peer);
}

int datagram_take_error(int fd, struct sock *s) {
  if (!s->info.pendingError) return 0;
  sock_begin(s);
  int error = s->info.pendingError;
  s->info.pendingError = 0;
  sock_end(s);
  int kernel = 0;
  socklen_t length = sizeof kernel;
  (void)kernel_getsockopt(fd, SOL_SOCKET, SO_ERROR, &kernel, &length);
  if (error_queue_waits(s)) datagram_raise_error(fd); /* poll goes on to tell of those */
  return -error;
}

void datagram_report_refused(int fd, struct sock *s) {
  sock_begin(s);
  s->info.pendingError = ECONNREFUSED;
  sock_end(s);
  atomic_store_explicit(&s->filters, true, memory_order_relaxed);
  datagram_raise_error(fd);
}

void datagram_clear_error(int fd, struct sock *s) {
  int kernel = 0;
  socklen_t length = sizeof kernel;
  (void)kernel_getsockopt(fd, SOL_SOCKET, SO_ERROR, &kernel, &length);
  if (error_queue_waits(s)) datagram_raise_error(fd);
}

long datagram_take_refused(int fd, struct sock *s, struct msghdr *message) {
  long result = error_queue_take(s, message);
  if (result < 0) return result;
  if (datagram_take_error(fd, s) == 0) datagram_clear_error(fd, s);
  if (error_queue_waits(s)) datagram_report_refused(fd, s); /* sock_dequeue_err_skb: the next one's is the socket's */
  return result;
}
