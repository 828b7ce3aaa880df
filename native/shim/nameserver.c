/* SPDX-License-Identifier: MIT */
#include "nameserver.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "dns.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "table.h"

enum { PORT = 53, LENGTH_SIZE = 2 /* before each message of a stream, RFC 1035 4.2.2 */, BUSY = -1 };

bool nameserver_is_at(const struct network *n, const struct address *a) {
  struct name name;
  if (a->port != PORT || !n->arena || address_is_any(a) || address_is_broadcast(&n->world, a)) return false;
  return address_is_loopback(a) || name_of_address(&n->world, a, SOCK_DGRAM, &name) < 0;
}

static size_t gather(const struct msghdr *message, uint8_t *out, size_t room) {
  size_t size = 0;
  for (size_t i = 0; i < message->msg_iovlen; i++) {
    const struct iovec *part = &message->msg_iov[i];
    size_t length = part->iov_len < room - size ? part->iov_len : room - size;
    memcpy(out + size, part->iov_base, length);
    size += length;
  }
  return size;
}

/* From a socket with the name of the one who was asked, to the asker's own name. Like any datagram it may find no room. */
static void deliver(int fd, const struct network *n, const struct address *from, const uint8_t *answer, size_t size) {
  static _Atomic u32 counter;
  struct sockaddr_un asker, server;
  socklen_t asker_length = sizeof asker;
  int sender = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC);
  if (sender < 0) return;
  /* The number of the thread differs from that of every other one which lives; the counter from those that a signal handler uses. */
  u32 unique = (u32)kernel_gettid() << 8 | (atomic_fetch_add(&counter, 1) & 0xff);
  socklen_t server_length = name_write_outside(&n->world, from, unique, &server);
  if (kernel_getsockname(fd, (struct sockaddr *)&asker, &asker_length) == 0 &&
      kernel_bind(sender, (struct sockaddr *)&server, server_length) == 0)
    (void)kernel_sendto(sender, answer, size, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&asker, asker_length);
  kernel_close(sender);
}

long nameserver_datagram(int fd, const struct network *n, const struct msghdr *query, const struct address *to, size_t size) {
  uint8_t question[DNS_MESSAGE_MAX], answer[DNS_MESSAGE_MAX];
  if (size > sizeof question) return (long)size;
  size_t length = dns_answer(n, question, gather(query, question, sizeof question), true, answer);
  if (length) deliver(fd, n, to, answer, length);
  return (long)size;
}

static u64 cookie_of(int fd) {
  u64 cookie = 0;
  socklen_t length = sizeof cookie;
  return kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) < 0 ? 0 : cookie;
}

/* A unix stream connects to a listener only, so there is one for a moment. */
static int connect_to_listener(int fd, int listener) {
  static const struct sockaddr unnamed = {.sa_family = AF_UNIX};
  struct sockaddr_un un;
  socklen_t length = sizeof un;
  int result = kernel_bind(listener, &unnamed, sizeof unnamed.sa_family);
  if (result == 0) result = kernel_listen(listener, 1);
  if (result == 0) result = kernel_getsockname(listener, (struct sockaddr *)&un, &length);
  if (result == 0) result = kernel_connect(fd, (struct sockaddr *)&un, length);
  return result < 0 ? result : kernel_accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

int nameserver_connect(int fd, struct sock *s) {
  int listener = kernel_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC);
  if (listener < 0) return listener;
  int end = table_own(connect_to_listener(fd, listener));
  kernel_close(listener);
  if (end < 0) return end;
  s->served_cookie = cookie_of(end);
  atomic_store(&s->served, end + 1);
  table_mark_served(s);
  return 0;
}

/* One whole message: 0 when there is none yet. */
static size_t take_message(int end, uint8_t out[DNS_MESSAGE_MAX]) {
  uint8_t head[LENGTH_SIZE + DNS_MESSAGE_MAX];
  long got = kernel_recv(end, head, sizeof head, MSG_PEEK | MSG_DONTWAIT);
  if (got < LENGTH_SIZE) return 0;
  size_t size = (size_t)head[0] << 8 | head[1];
  if (size > DNS_MESSAGE_MAX) {
    kernel_shutdown(end, SHUT_RDWR);
    return 0;
  }
  if ((size_t)got < LENGTH_SIZE + size) return 0;
  (void)kernel_recv(end, head, LENGTH_SIZE + size, MSG_DONTWAIT);
  memcpy(out, head + LENGTH_SIZE, size);
  return size;
}

void nameserver_answer(struct sock *s) {
  uint8_t question[DNS_MESSAGE_MAX], answer[LENGTH_SIZE + DNS_MESSAGE_MAX];
  int held = atomic_exchange(&s->served, BUSY), end = held - 1;
  if (held == BUSY) return;
  size_t size;
  while (end >= 0 && cookie_of(end) == s->served_cookie && (size = take_message(end, question))) {
    size = dns_answer(s->network, question, size, false, answer + LENGTH_SIZE);
    answer[0] = (uint8_t)(size >> 8), answer[1] = (uint8_t)size;
    if (size) (void)kernel_sendto(end, answer, LENGTH_SIZE + size, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
  }
  atomic_store(&s->served, held);
}

void nameserver_end(struct sock *s) {
  int end = atomic_exchange(&s->served, 0) - 1;
  if (end >= 0 && cookie_of(end) == s->served_cookie) kernel_close(end);
}
