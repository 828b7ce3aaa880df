/* SPDX-License-Identifier: MIT
 * One process of a played program: it does what it is told, and answers with what the call said. */
#ifndef PLAY_H
#define PLAY_H

#include <net/if.h>
#include <stdlib.h>

#include "../passing.h"

enum { PROCESSES = 6, SLOTS = 8, NAMED_PORTS = 4, ANSWER = 512, CHANNELS = 200, HELD = 100 };

/* Channels have fixed numbers, which no socket of a program gets: commands from 200 on, two ends a process; carriers of descriptors
 * between any two processes after them. */
static int command_end(int process) { return CHANNELS + 2 * process; }
static int worker_end(int process) { return CHANNELS + 2 * process + 1; }
static int carrier_end(int from, int to) { return CHANNELS + 2 * PROCESSES + from * PROCESSES + to; }

static void place(int at[2], int type) {
  int ends[2];
  must(socketpair(AF_UNIX, type, 0, ends) == 0);
  for (int i = 0; i < 2; i++)
    if (ends[i] != at[i]) must(dup2(ends[i], at[i]) == at[i] && close(ends[i]) == 0);
}
static void make_channels(void) {
  for (int i = 0; i < PROCESSES; i++) {
    place((int[]){command_end(i), worker_end(i)}, SOCK_SEQPACKET);
    /* What process i sends to process j arrives at j's end towards i; to itself it is a pair that only i uses. */
    for (int j = i + 1; j < PROCESSES; j++) place((int[]){carrier_end(i, j), carrier_end(j, i)}, SOCK_SEQPACKET);
  }
}

struct slot {
  int fd, type, family;
};
static struct slot slots[SLOTS];
static int self;

static char answer_text[ANSWER];
static int answer_length;
__attribute__((format(printf, 1, 2))) static void answer(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int room = ANSWER - answer_length;
  int length = vsnprintf(answer_text + answer_length, (size_t)room, format, arguments);
  answer_length += length < room ? length : room - 1;
  va_end(arguments);
}
static long result(long value) {
  if (value < 0)
    answer(" %s", strerrorname_np(errno));
  else
    answer(" %ld", value);
  return value;
}
static void answer_name(const char *what, const struct name *n) {
  char host[INET6_ADDRSTRLEN] = "";
  const void *address = n->at.ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)&n->at)->sin6_addr
                                                    : (const void *)&((const struct sockaddr_in *)&n->at)->sin_addr;
  if (n->length == 0)
    answer(" %s nothing", what);
  else if (n->at.ss_family != AF_INET && n->at.ss_family != AF_INET6)
    answer(" %s family %d", what, n->at.ss_family);
  else
    answer(" %s %s:<%d>", what, inet_ntop(n->at.ss_family, address, host, sizeof host), name_port_of(n));
}

static struct slot *empty_slot(void) {
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].fd < 0) return &slots[i];
  return NULL;
}
/* The k-th socket of this process that has the type (any: 0), counted round. */
static struct slot *slot_of(int k, int type) {
  int count = 0;
  for (int i = 0; i < SLOTS; i++) count += slots[i].fd >= 0 && (type == 0 || slots[i].type == type);
  if (count == 0) return NULL;
  k %= count;
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].fd >= 0 && (type == 0 || slots[i].type == type) && k-- == 0) return &slots[i];
  return NULL;
}
static void keep(struct slot *slot, int fd) {
  /* A descriptor that no slot has room for is closed. */
  if (fd < 0) return;
  if (!slot) {
    must(close(fd) == 0);
    return;
  }
  *slot = (struct slot){fd, int_option(fd, SOL_SOCKET, SO_TYPE), int_option(fd, SOL_SOCKET, SO_DOMAIN)};
  answer(" type %d family %d", slot->type, slot->family);
}

static struct name address_of(int family, int kind, int port) {
  static const char *const addresses[2][3] = {{"127.0.0.1", "0.0.0.0", "127.0.0.1"}, {"::1", "::", "::ffff:127.0.0.1"}};
  return name_of(family, addresses[family == AF_INET6][kind % 3], port);
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
  if (slot) bind_slot(slot, n[1], n[2]);
}
static void do_listen(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_STREAM);
  if (slot) result(listen(slot->fd, 64));
}
static void answer_names(int fd) {
  struct name n = local_of(fd);
  answer_name("local", &n);
  n.length = sizeof n.at;
  if (getpeername(fd, sa(&n), &n.length) < 0)
    answer(" peer %s", strerrorname_np(errno));
  else
    answer_name("peer", &n);
}
static void connect_slot(struct slot *slot, int kind, int port) {
  struct name to = address_of(slot->family, kind, port), own = local_of(slot->fd);
  if (slot->type == SOCK_STREAM && port && name_port_of(&own) == port) answer(" to itself");
  result(connect(slot->fd, sa(&to), to.length));
}
static void do_connect(const int n[4]) {
  struct slot *slot = slot_of(n[0], 0);
  if (slot) connect_slot(slot, n[1], n[2]);
}
static void do_unconnect(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_DGRAM);
  if (slot) result(connect(slot->fd, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
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
  if (slot) result(send(slot->fd, pattern(n[1] % 2000), (size_t)(n[1] % 2000), MSG_DONTWAIT | MSG_NOSIGNAL));
}
static void do_write(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_STREAM);
  struct iovec parts[] = {{(void *)(uintptr_t)pattern(7), 7}, {NULL, 0}, {(void *)(uintptr_t)pattern(n[1] % 100), (size_t)(n[1] % 100)}};
  if (slot) result(writev(slot->fd, parts, 3));
}
static void do_sendto(const int n[4]) {
  struct slot *slot = slot_of(n[0], SOCK_DGRAM);
  if (!slot) return;
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
    if (result(fd) >= 0) {
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
    if (slot) fds[count++] = slot->fd;
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
  if (slot) result(shutdown(slot->fd, n[1] % 2 ? SHUT_WR : SHUT_RDWR));
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
_Noreturn static void work(int process);
static void do_fork(const int n[4]) {
  int pid = fork();
  must(pid >= 0);
  if (pid == 0) {
    self = n[0];
    int own = getpid();
    must(send(worker_end(self), &own, sizeof own, 0) == sizeof own);
    answer_length = 0;
    work(self);
  }
  answer(" %d", n[0]);
}
static void do_exec(const int n[4]) {
  (void)n;
  char numbers[SLOTS + 1][12], *arguments[SLOTS + 4] = {(char *)(uintptr_t) "play", (char *)(uintptr_t) "worker", numbers[SLOTS]};
  snprintf(numbers[SLOTS], sizeof numbers[SLOTS], "%d", self);
  for (int i = 0; i < SLOTS; i++) {
    snprintf(numbers[i], sizeof numbers[i], "%d", slots[i].fd);
    arguments[3 + i] = numbers[i];
  }
  execv("/proc/self/exe", arguments);
  result(-1);
}
static void do_exit(const int n[4]) { exit(n[0] & 1); }

static const struct verb {
  const char *name;
  void (*run)(const int n[4]);
  int port; /* which of its numbers is a port, -1: none */
} verbs[] = {{"socket", do_socket, -1}, {"bind", do_bind, 2},     {"listen", do_listen, -1},   {"connect", do_connect, 2},
             {"server", do_server, 2},  {"client", do_client, 2}, {"accept", do_accept, -1},   {"send", do_send, -1},
             {"write", do_write, -1},   {"sendto", do_sendto, 2}, {"recv", do_recv, -1},       {"dup", do_dup, -1},
             {"close", do_close, -1},   {"pass", do_pass, -1},    {"take", do_take, -1},       {"shutdown", do_shutdown, -1},
             {"names", do_names, -1},   {"poll", do_poll, -1},    {"options", do_options, -1}, {"unconnect", do_unconnect, -1},
             {"fork", do_fork, -1},     {"exec", do_exec, -1},    {"exit", do_exit, -1}};

static const struct verb *verb_of(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
  return NULL;
}
static int port_argument(const char *name) {
  const struct verb *verb = verb_of(name);
  must(verb);
  return verb->port;
}

_Noreturn static void serve(void) {
  for (;;) {
    char command[96], name[16];
    int n[4];
    ssize_t length = recv(worker_end(self), command, sizeof command - 1, 0);
    must(length > 0);
    command[length] = 0;
    must(sscanf(command, "%15s %d %d %d %d", name, &n[0], &n[1], &n[2], &n[3]) == 5);
    answer_length = 0;
    answer_text[0] = 0;
    verb_of(name)->run(n);
    must(send(worker_end(self), answer_text, (size_t)answer_length, 0) == answer_length);
  }
}
static void work(int process) {
  if (process < 4)
    for (int i = 0; i < SLOTS; i++) slots[i].fd = -1;
  self = process;
  alarm(60);
  signal(SIGPIPE, SIG_IGN);
  serve();
}
/* A worker after its exec: what it still has is what had no close-on-exec. */
static int work_on(char **numbers) {
  self = atoi(numbers[0]);
  answer(" again");
  for (int i = 0; i < SLOTS; i++) {
    slots[i] = (struct slot){.fd = numbers[1 + i] ? atoi(numbers[1 + i]) : -1};
    if (slots[i].fd < 0 || fcntl(slots[i].fd, F_GETFD) < 0) {
      slots[i].fd = -1;
      continue;
    }
    keep(&slots[i], slots[i].fd);
    answer_names(slots[i].fd);
  }
  must(send(worker_end(self), answer_text, (size_t)answer_length, 0) == answer_length);
  signal(SIGPIPE, SIG_IGN);
  serve();
}

#endif
