/* SPDX-License-Identifier: MIT
 * cc: -pthread
 * A master accepts connections and passes them to workers. */
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "../../native/shim/kernel.h"
#include "head.h"

static void serve(int channel) { take_input(take(channel)); }

/* A worker, and a connection for it. */
struct scene {
  int channel, server, connection;
};
static struct scene scene_with(void (*work)(int channel)) {
  struct scene s = {.channel = start_worker(work), .server = server_on(80, true)};
  s.connection = next_client(s.server);
  return s;
}
static void hand_over(struct scene s) {
  pass(s.channel, s.connection);
  close(s.connection);
  hear(s.channel);
}

static void served(void) { hand_over(scene_with(serve)); }

static void serve_unless_wrong(int channel) {
  if (!is_wrong) serve(channel);
}
static void lost(void) { hand_over(scene_with(serve_unless_wrong)); }

static void keep(int channel) {
  int connection = take(channel);
  if (!is_wrong) take_input(connection);
}
static void unused(void) { hand_over(scene_with(keep)); }

static void receive_both(int channel) {
  struct received r = receive_into(channel, is_wrong ? CMSG_LEN(sizeof(int)) : CMSG_SPACE(2 * sizeof(int)), MSG_CMSG_CLOEXEC);
  must(r.count == (is_wrong ? 1 : 2));
  for (int i = 0; i < r.count; i++) take_input(r.fds[i]);
}
/* Leaves room for one descriptor more. */
static void limit_descriptors(void) {
  int next = fcntl(STDIN_FILENO, F_DUPFD, 0);
  must(next >= 0 && close(next) == 0);
  must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){(rlim_t)next + 1, (rlim_t)next + 1}) == 0);
}
static void receive_at_limit(int channel) {
  if (is_wrong) limit_descriptors();
  struct received r = receive_descriptors(channel, MSG_CMSG_CLOEXEC);
  must(r.count == (is_wrong ? 1 : 2));
  for (int i = 0; i < r.count; i++) take_input(r.fds[i]);
}
static void pass_two(void (*work)(int channel)) {
  struct scene s = scene_with(work);
  int both[] = {s.connection, next_client(s.server)};
  must(send_descriptors(s.channel, both, 2, 0) == 1);
  close(both[0]);
  close(both[1]);
  hear(s.channel);
}
static void truncated(void) { pass_two(receive_both); }
static void at_limit(void) { pass_two(receive_at_limit); }

static void retained(void) {
  struct scene s = scene_with(serve);
  pass(s.channel, s.connection);
  if (!is_wrong) close(s.connection);
  hear(s.channel);
}

/* Behind the back of the shim: its journal says that the master still has it. */
static void closed_raw(void) {
  struct scene s = scene_with(serve);
  pass(s.channel, s.connection);
  if (is_wrong)
    must(kernel_call(SYS_close, s.connection, 0, 0, 0, 0, 0) == 0);
  else
    close(s.connection);
  hear(s.channel);
}

static void peek_first(int channel) {
  struct received r = receive_descriptors(channel, MSG_PEEK | MSG_CMSG_CLOEXEC);
  must(r.count == 1);
  if (!is_wrong) close_received(&r);
  serve(channel);
}
static void peeked(void) { hand_over(scene_with(peek_first)); }

static void peek_twice(int channel) {
  for (int looks = 0; looks < 2; looks++) {
    struct received r = receive_descriptors(channel, MSG_PEEK | MSG_CMSG_CLOEXEC);
    must(r.count == 1);
    if (looks == 0 || !is_wrong) close_received(&r);
  }
  serve(channel);
}
static void peeked_twice(void) { hand_over(scene_with(peek_twice)); }

static void ghost(void) {
  struct scene s = scene_with(serve);
  struct epoll_event event = {.events = EPOLLIN};
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, s.connection, &event) == 0 && epoll_wait(epoll, &event, 1, -1) == 1);
  pass(s.channel, s.connection);
  if (!is_wrong) must(epoll_ctl(epoll, EPOLL_CTL_DEL, s.connection, NULL) == 0);
  close(s.connection);
  hear(s.channel);
}

static void used_after(void) {
  struct scene s = scene_with(serve);
  pass(s.channel, s.connection);
  if (is_wrong) take_input(s.connection);
  close(s.connection);
  hear(s.channel);
}

static void both_workers(void) {
  int channels[] = {start_worker(serve), start_worker(serve)}, server = server_on(80, true);
  int first = next_client(server), second = next_client(server);
  for (int i = 0; i < 2; i++) {
    pass(channels[i], i == 0 || is_wrong ? first : second);
    hear(channels[i]);
  }
  close(first);
  close(second);
}

static void read_ahead(void) {
  struct scene s = scene_with(serve);
  char word[4];
  must(recv(s.connection, word, sizeof word, is_wrong ? 0 : MSG_PEEK) == sizeof word);
  hand_over(s);
}

static void accept_clients(int channel) {
  int server = take(channel);
  for (int left = is_wrong ? 1 : 2; left > 0; left--) take_input(next_client(server));
}
static void both_accept(void) {
  int channel = start_worker(accept_clients), server = server_on(80, true);
  pass(channel, server);
  if (!is_wrong) close(server);
  hear(channel);
  if (is_wrong) take_input(next_client(server));
}

static void answer(int channel) { must(write(take(channel), "hi", 2) == 2); }
struct watch {
  int connection, stop[2];
  bool whole;
  _Atomic pid_t thread;
};
static void *wait_for_input(void *argument) {
  struct watch *w = argument;
  struct pollfd both[] = {{.fd = w->connection, .events = POLLIN}, {.fd = w->stop[0], .events = POLLIN}};
  char input[64];
  w->thread = gettid();
  if (!is_wrong)
    must(poll(both, 2, -1) == 1);
  else if (w->whole)
    must(recv(w->connection, input, sizeof input, MSG_WAITALL) == sizeof input);
  else
    take_input(w->connection);
  return NULL;
}
/* The kernel tells which call a thread is in. */
static void await_call_of(pid_t thread, int number) {
  char path[64], call[16] = "", wanted[16];
  snprintf(path, sizeof path, "/proc/self/task/%d/syscall", thread);
  snprintf(wanted, sizeof wanted, "%d ", number);
  while (strncmp(call, wanted, strlen(wanted))) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    must(fd >= 0 && read(fd, call, sizeof call) > 0);
    close(fd);
    sched_yield();
  }
}
/* A thread waits for input, and the client says nothing until it has heard from the worker. */
static void busy_in(bool whole) {
  struct scene s = scene_with(answer);
  struct watch w = {.connection = s.connection, .whole = whole};
  pthread_t thread;
  must(pipe2(w.stop, O_CLOEXEC) == 0 && pthread_create(&thread, NULL, wait_for_input, &w) == 0);
  while (!w.thread) sched_yield();
  if (is_wrong) {
    await_call_of(w.thread, whole ? SYS_recvfrom : SYS_read);
    hand_over(s);
    must(pthread_join(thread, NULL) == 0);
  } else {
    must(write(w.stop[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0);
    hand_over(s);
  }
}
static void busy(void) { busy_in(false); }
static void busy_whole(void) { busy_in(true); }

static void end(int channel) {
  int connection = take(channel);
  char word;
  recv(connection, &word, 1, 0); /* of a connection that the master has shut down nothing may be left */
  if (!is_wrong) must(shutdown(connection, SHUT_RDWR) == 0);
}
static void shut_down(void) {
  struct scene s = scene_with(end);
  pass(s.channel, s.connection);
  if (is_wrong) must(shutdown(s.connection, SHUT_RDWR) == 0);
  close(s.connection);
  hear(s.channel);
}

static void accept_nobody(int channel) {
  int server = take(channel);
  must(accept4(server, NULL, NULL, SOCK_CLOEXEC) == -1 && errno == (is_wrong ? EINVAL : EAGAIN));
}
static void not_listening(void) {
  int channel = start_worker(accept_nobody), second = server_on(81, !is_wrong), server = server_on(80, true);
  must(fcntl(second, F_SETFL, O_NONBLOCK) == 0);
  pass(channel, second);
  close(second);
  hear(channel);
  next_client(server);
}

static void read_at_once(int channel) {
  char input[4];
  must(recv(take(channel), input, sizeof input, 0) == (is_wrong ? -1 : (ssize_t)sizeof input));
}
static void not_connected(void) {
  struct scene s = scene_with(read_at_once);
  if (is_wrong) {
    must(close(s.connection) == 0);
    s.connection = server_on(81, false);
  }
  hand_over(s);
}

/* The connection, and many descriptors that are no sockets. */
enum { MANY = 254 };
static void receive_many(int channel) {
  for (int left = is_wrong ? 1 : MANY; left > 0;) {
    struct received r = receive_descriptors(channel, MSG_CMSG_CLOEXEC);
    if (left == (is_wrong ? 1 : MANY)) take_input(r.fds[0]);
    left -= r.count;
    close_received(&r);
  }
}
static void too_many(void) {
  struct scene s = scene_with(receive_many);
  int many[MANY] = {s.connection};
  for (int i = 1; i < MANY; i++) many[i] = STDIN_FILENO;
  if (is_wrong) {
    must(send_descriptors(s.channel, many, MANY, 0) == -1 && errno == EINVAL);
    return hand_over(s);
  }
  for (int i = 0; i < 2; i++) must(send_descriptors(s.channel, many + i * MANY / 2, MANY / 2, 0) == 1);
  close(s.connection);
  hear(s.channel);
}

/* What one user has in flight is limited by RLIMIT_NOFILE, unless it may do anything. */
static struct carrier go;
static void receive_until_end(int channel) {
  if (is_wrong) hear(go.to);
  for (bool first = true;; first = false) {
    struct received r = receive_descriptors(channel, MSG_CMSG_CLOEXEC);
    if (r.count == 0) break;
    if (first) take_input(r.fds[0]);
    close_received(&r);
    if (!is_wrong) tell(channel);
  }
}
static void too_many_refs(void) {
  enum { LIMIT = 24 };
  go = carrier_of(SOCK_SEQPACKET);
  struct scene s = scene_with(receive_until_end);
  must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){LIMIT, LIMIT}) == 0);
  if (getuid() == 0) must(setresgid(65534, 65534, 65534) == 0 && setresuid(65534, 65534, 65534) == 0);
  int sent = 0;
  while (sent <= LIMIT && send_descriptors(s.channel, &s.connection, 1, 0) == 1) {
    sent++;
    if (!is_wrong) hear(s.channel);
  }
  must(is_wrong ? sent <= LIMIT && errno == ETOOMANYREFS : sent == LIMIT + 1);
  close(s.connection);
  tell(go.from);
  tell(s.channel);
  hear(s.channel);
}

static const struct job jobs[] = {
    {"served", served},
    {"lost", lost},
    {"unused", unused},
    {"truncated", truncated},
    {"at-limit", at_limit},
    {"retained", retained},
    {"closed-raw", closed_raw},
    {"peeked", peeked},
    {"peeked-twice", peeked_twice},
    {"ghost", ghost},
    {"used-after", used_after},
    {"both-workers", both_workers},
    {"read-ahead", read_ahead},
    {"both-accept", both_accept},
    {"busy", busy},
    {"busy-whole", busy_whole},
    {"shut-down", shut_down},
    {"not-listening", not_listening},
    {"not-connected", not_connected},
    {"too-many", too_many},
    {"too-many-refs", too_many_refs},
};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
