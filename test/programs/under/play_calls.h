/* SPDX-License-Identifier: MIT
 * The calls that a program is made of: each takes its numbers round, so that any numbers mean something. */
#ifndef PLAY_CALLS_H
#define PLAY_CALLS_H

#include "play_slots.h"

static struct name address_of(int family, int kind, int port) {
  static const char *const addresses[2][3] = {{"127.0.0.1", "0.0.0.0", "127.0.0.1"}, {"::1", "::", "::ffff:127.0.0.1"}};
  return name_of(family, addresses[family == AF_INET6][kind % 3], port);
}

/* What a stream has been through goes with it from process to process, in an option that has no effect here. */
enum { MARK_IPV4 = 1, MARK_USED = 2, MARK_SHARED = 4, MARKS = 1000 };
static int marks_of(const struct slot *slot) {
  struct timeval limit = {0};
  socklen_t length = sizeof limit;
  must(getsockopt(slot->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, &length) == 0);
  return limit.tv_sec < MARKS ? 0 : (int)limit.tv_sec - MARKS;
}
static void mark(const struct slot *slot, int marks) {
  struct timeval limit = {.tv_sec = MARKS + (marks_of(slot) | marks)};
  must(setsockopt(slot->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
}
static void mark_shared(void) {
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].fd >= 0) mark(&slots[i], MARK_SHARED);
}
/* What differs of sockets that several processes hold (see renewed_shared.c and shared_unknown.c) is left alone: they stay what they are once
 * they are used, and datagram sockets what they were when they were shared. */
static bool is_settled(const struct slot *slot) {
  int marks = marks_of(slot);
  bool settled = (marks & MARK_SHARED) && (slot->type == SOCK_DGRAM || (marks & MARK_USED));
  if (settled) answer(" settled");
  return settled;
}
static bool is_silent(const struct slot *slot) {
  struct name own = local_of(slot->fd);
  return slot->type == SOCK_DGRAM && name_port_of(&own) == 0 && is_settled(slot);
}

static void do_socket(const int n[4]) {
  static const int families[] = {AF_INET, AF_INET, AF_INET6}, types[] = {SOCK_STREAM, SOCK_STREAM, SOCK_DGRAM};
  struct slot *slot = empty_slot();
  if (slot) keep(slot, socket(families[n[0] % 3], types[n[1] % 3] | (n[2] % 2 ? SOCK_CLOEXEC : 0), 0));
}
static void bind_slot(struct slot *slot, int kind, int port) {
  struct name at = address_of(slot->family, kind, port);
  if (slot->type == SOCK_STREAM) result(setsockopt(slot->fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
  result(bind(slot->fd, sa(&at), at.length));
}
static void do_bind(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (slot && !is_settled(slot)) bind_slot(slot, n[1], n[2]);
}
static void do_listen(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_STREAM);
  if (slot && !is_settled(slot)) result(listen(slot->fd, 64));
}
static void connect_slot(struct slot *slot, int kind, int port) {
  if (slot->type == SOCK_STREAM) {
    /* A stream of IPv6 that has talked IPv4 once sends its next SYN to ::1 by IPv4, to nobody (tcp_v6_connect keeps ipv6_mapped). */
    if (slot->family == AF_INET6 && (marks_of(slot) & MARK_IPV4)) kind = 2;
    mark(slot, MARK_USED | (slot->family == AF_INET6 && kind % 3 == 2 ? MARK_IPV4 : 0));
  }
  struct name to = address_of(slot->family, kind, port), own = local_of(slot->fd);
  if (slot->type == SOCK_STREAM && port && name_port_of(&own) == port) answer(" to itself");
  result(connect(slot->fd, sa(&to), to.length));
}
static void do_connect(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (slot && !is_settled(slot)) connect_slot(slot, n[1], n[2]);
}
static void do_unconnect(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_DGRAM);
  if (slot && !is_settled(slot)) result(connect(slot->fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
}
static void do_server(const int n[4]) {
  struct slot *slot = empty_slot();
  if (!slot) return;
  keep(slot, socket(n[0] % 2 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  bind_slot(slot, n[1], n[2]);
  result(listen(slot->fd, 64));
  answer_names(slot->fd);
}
static void do_client(const int n[4]) {
  struct slot *slot = empty_slot();
  if (!slot) return;
  keep(slot, socket(n[0] % 2 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  connect_slot(slot, n[1], n[2]);
}
static void do_accept(const int n[4]) {
  struct slot *from = slot_of(n[0], SOCK_STREAM);
  if (!from) return;
  int flags = fcntl(from->fd, F_GETFL);
  must(fcntl(from->fd, F_SETFL, flags | O_NONBLOCK) == 0);
  struct name peer = {.length = sizeof peer.at};
  int fd = n[1] % 2 ? accept(from->fd, sa(&peer), &peer.length) : accept4(from->fd, sa(&peer), &peer.length, SOCK_CLOEXEC);
  if (fd < 0) result(fd);
  must(fcntl(from->fd, F_SETFL, flags) == 0);
  if (fd < 0) return;
  /* A connection has the options that its listener had at its SYN, under the shim those at its accept. */
  must(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){0}, sizeof(struct timeval)) == 0);
  answer_name("from", &peer);
  answer_names(fd);
  keep(empty_slot(), fd);
}
static const char *pattern(int length) {
  static char bytes[4096];
  for (int i = 0; i < length; i++) bytes[i] = (char)('a' + (i + self) % 26);
  return bytes;
}
static void do_send(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (slot && !is_silent(slot)) result(send(slot->fd, pattern(n[1] % 2000), (size_t)(n[1] % 2000), MSG_DONTWAIT | MSG_NOSIGNAL));
}
static void do_write(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_STREAM);
  struct iovec parts[] = {{(void *)(uintptr_t)pattern(7), 7}, {NULL, 0}, {(void *)(uintptr_t)pattern(n[1] % 100), (size_t)(n[1] % 100)}};
  if (slot) result(writev(slot->fd, parts, 3));
}
static void do_sendto(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_DGRAM);
  if (!slot || is_silent(slot)) return;
  struct name to = address_of(slot->family, n[1], n[2]);
  result(sendto(slot->fd, pattern(n[3] % 2000), (size_t)(n[3] % 2000), MSG_DONTWAIT, sa(&to), to.length));
}
static void do_recv(const int n[4]) {
  static const int flags[] = {0, 0, MSG_PEEK, MSG_TRUNC};
  struct slot *slot = slot_of(n[0], 0);
  if (!slot) return;
  char bytes[2000];
  struct name from = {.length = sizeof from.at};
  int flag = flags[n[2] % 4];
  if (slot->type == SOCK_STREAM && flag == MSG_TRUNC) flag = 0;
  ssize_t length = recvfrom(slot->fd, bytes, (size_t)(n[1] % 2000), flag | MSG_DONTWAIT, sa(&from), &from.length);
  if (result(length) < 0) return;
  unsigned sum = 0;
  for (int i = 0; i < length && i < n[1] % 2000; i++) sum = sum * 31 + (unsigned char)bytes[i];
  answer(" sum %08x", sum);
  if (slot->type == SOCK_DGRAM) answer_name("from", &from);
}
static void do_dup(const int n[4]) {
  struct slot *from = slot_of(n[0], 0), *over = slot_of(n[1], 0), *to = empty_slot();
  if (!from) return;
  int how = n[2] % 5;
  if (how >= 3 && over != from) {
    /* Over another socket of this process. */
    int fd = how == 3 ? dup2(from->fd, over->fd) : dup3(from->fd, over->fd, O_CLOEXEC);
    if (result(fd < 0 ? fd : 0) >= 0) {
      answer("!");
      keep(over, fd);
    }
  } else if (to) {
    keep(to, how == 0 ? dup(from->fd) : how == 1 ? fcntl(from->fd, F_DUPFD_CLOEXEC, 3) : fcntl(from->fd, F_DUPFD, HELD));
  }
}
static void do_close(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (!slot) return;
  if (n[1] % 3 == 2)
    result(close_range((unsigned)slot->fd, (unsigned)slot->fd, 0));
  else
    result(close(slot->fd));
  slot->fd = -1;
}
static void do_pass(const int n[4]) {
  int to = n[0] % PROCESSES, fds[2], count = 0;
  if (to == self) return;
  for (int i = 0; i <= n[3] % 2; i++) {
    struct slot *slot = slot_of(n[1 + i], 0);
    if (!slot) continue;
    mark(slot, MARK_SHARED);
    fds[count++] = slot->fd;
  }
  if (count) result(send_descriptors(carrier_end(self, to), fds, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL));
}
static void do_take(const int n[4]) {
  int from = n[0] % PROCESSES;
  if (from == self) return;
  struct received r = receive_descriptors(carrier_end(self, from), MSG_DONTWAIT | (n[1] % 2 ? MSG_CMSG_CLOEXEC : 0));
  if (result(r.bytes) < 0) return;
  answer(" %d flags %x", r.count, (unsigned)(r.flags & ~MSG_CMSG_CLOEXEC));
  for (int i = 0; i < r.count; i++) {
    answer_names(r.fds[i]);
    keep(empty_slot(), r.fds[i]);
  }
}
static void do_shutdown(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_STREAM);
  if (!slot) return;
  mark(slot, MARK_USED);
  if (int_option(slot->fd, SOL_SOCKET, SO_ACCEPTCONN) && is_settled(slot)) return;
  result(shutdown(slot->fd, n[1] % 2 ? SHUT_WR : SHUT_RDWR));
}
static void do_names(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (slot) answer_names(slot->fd);
}
static void do_poll(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (!slot) return;
  struct pollfd events = {.fd = slot->fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  must(poll(&events, 1, 0) >= 0);
  answer(" %s", events_text(events.revents));
}
static void do_options(const int n[4]) {
  static const int options[][2] = {{SOL_SOCKET, SO_REUSEADDR},  {SOL_SOCKET, SO_KEEPALIVE},  {SOL_SOCKET, SO_BROADCAST},
                                   {IPPROTO_IP, IP_TTL},        {IPPROTO_IP, IP_TOS},        {IPPROTO_TCP, TCP_NODELAY},
                                   {IPPROTO_TCP, TCP_KEEPIDLE}, {IPPROTO_IPV6, IPV6_V6ONLY}, {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
                                   {SOL_SOCKET, SO_OOBINLINE}};
  struct slot *slot = slot_of(n[0], 0);
  if (!slot) return;
  const int *option = options[n[1] % 10];
  if (n[2] % 2) result(setsockopt(slot->fd, option[0], option[1], &(int){n[3] % 2 + 1}, sizeof(int)));
  answer(" %d error %d", int_option(slot->fd, option[0], option[1]), int_option(slot->fd, SOL_SOCKET, SO_ERROR));
}
#endif
