/* SPDX-License-Identifier: MIT
 * Several listeners on one address (SO_REUSEPORT): each gets connections, one that is closed or killed gets none, the last one ends it. */
#include "transcript.h"

enum { MEMBERS = 3, CONNECTIONS = 90 };

static int member(int family, int option, struct name *at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  must(fd >= 0);
  if (option) must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0);
  if (bind(fd, sa(at), at->length) == 0) return fd;
  close(fd);
  return -1;
}

static void connect_many(int family, struct name *at, int count) {
  int refused = 0, other = 0;
  for (int i = 0; i < count; i++) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    if (connect(fd, sa(at), at->length) < 0) errno == ECONNREFUSED ? refused++ : other++;
    close(fd);
  }
  say("%d connects: %d refused, %d other", count, refused, other);
}

/* Takes what waits; `each`: whether somebody got nothing. */
static void accept_all(const int *listeners, int count) {
  int sum = 0, none = 0;
  for (int i = 0; i < count; i++) {
    int got = 0, fd;
    while ((fd = accept4(listeners[i], NULL, NULL, SOCK_CLOEXEC)) >= 0) {
      struct name own = local_of(fd), listening = local_of(listeners[i]);
      must(name_port_of(&own) == name_port_of(&listening));
      char byte;
      must(read(fd, &byte, 1) == 0); /* the client closed first: no TIME_WAIT at this port */
      close(fd);
      got++;
    }
    must(errno == EAGAIN);
    sum += got;
    none += got == 0;
  }
  say("accepted %d, %d of %d got none", sum, none, count);
}

static void in_one_process(int family, int option) {
  int fds[MEMBERS];
  struct name at = loopback(family, own_port());
  name_port(name_port_of(&at), "shared");
  for (int i = 0; i < MEMBERS; i++) {
    fds[i] = member(family, option, &at);
    must(fds[i] >= 0 && fcntl(fds[i], F_SETFL, O_NONBLOCK) == 0);
    check("listen", listen(fds[i], 128));
    say_local("member", fds[i]);
  }
  connect_many(family, &at, CONNECTIONS);
  accept_all(fds, MEMBERS);
  say("one closes");
  close(fds[0]);
  connect_many(family, &at, CONNECTIONS);
  accept_all(fds + 1, MEMBERS - 1);
  int plain = member(family, 0, &at);
  say("without the option: %s", plain < 0 ? strerrorname_np(errno) : "0");
  say("one joins again");
  fds[0] = member(family, option, &at);
  must(fds[0] >= 0 && fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 && listen(fds[0], 128) == 0);
  connect_many(family, &at, CONNECTIONS);
  accept_all(fds, MEMBERS);
  for (int i = MEMBERS - 1; i >= 0; i--) close(fds[i]);
  connect_many(family, &at, 2);
  plain = member(family, 0, &at);
  say("when all are gone, without the option: %s", plain < 0 ? strerrorname_np(errno) : "0");
  close(plain);
}

/* A process that listens beside others and says its number to each client, until it is killed. */
static pid_t serve(int family, struct name at, char number, int ready) {
  pid_t child = fork();
  if (child) return child;
  int fd = member(family, SO_REUSEPORT, &at);
  must(fd >= 0 && listen(fd, 128) == 0);
  must(write(ready, "", 1) == 1);
  for (;;) {
    int client = accept(fd, NULL, NULL);
    must(client >= 0 && write(client, &number, 1) == 1);
    char byte;
    must(read(client, &byte, 1) == 0);
    close(client);
  }
}

static void ask_many(int family, struct name at, int count) {
  int from[MEMBERS] = {0}, failed = 0;
  for (int i = 0; i < count; i++) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char number;
    if (connect(fd, sa(&at), at.length) == 0 && shutdown(fd, SHUT_WR) == 0 && read(fd, &number, 1) == 1)
      from[number - '0']++;
    else
      failed++;
    close(fd);
  }
  for (int i = 0; i < MEMBERS; i++) say("process %d answered: %s", i, from[i] ? "yes" : "no");
  say("failed: %d", failed);
}

static void in_processes(int family) {
  struct name at = loopback(family, own_port());
  int ready[2];
  pid_t children[MEMBERS];
  char byte;
  must(pipe(ready) == 0);
  for (int i = 0; i < MEMBERS; i++) {
    children[i] = serve(family, at, (char)('0' + i), ready[1]);
    must(read(ready[0], &byte, 1) == 1);
  }
  ask_many(family, at, CONNECTIONS);
  for (int i = 0; i < MEMBERS; i++) {
    say("process %d is killed", i);
    must(kill(children[i], SIGKILL) == 0 && end_of(children[i]) > 1000);
    if (i < MEMBERS - 1) ask_many(family, at, CONNECTIONS);
  }
  connect_many(family, &at, 1);
  int again = member(family, SO_REUSEADDR, &at);
  say("when all are killed: %s", again < 0 ? strerrorname_np(errno) : "0");
  check("listen", listen(again, 1));
  connect_many(family, &at, 1);
  close(again);
}

/* SO_REUSEADDR: two may be bound, one may listen. */
static void bound_twice(int family) {
  struct name at = loopback(family, own_port());
  name_port(name_port_of(&at), "twice");
  int first = member(family, SO_REUSEADDR, &at), second = member(family, SO_REUSEADDR, &at), third = member(family, SO_REUSEADDR, &at);
  must(first >= 0 && second >= 0 && third >= 0);
  connect_many(family, &at, 1);
  check("the second listens", listen(second, 4));
  check("the first listens", listen(first, 4));
  say_local("the first", first);
  int late = member(family, SO_REUSEADDR, &at);
  say("another one: %s", late < 0 ? strerrorname_np(errno) : "0");
  connect_many(family, &at, 2);
  close(second);
  connect_many(family, &at, 1);
  check("now the first listens", listen(first, 4));
  connect_many(family, &at, 1);
  close(third);
  connect_many(family, &at, 1);
  close(first);
  connect_many(family, &at, 1);
}

static void run(int family) {
  say("SO_REUSEPORT");
  in_one_process(family, SO_REUSEPORT);
  say("in processes");
  in_processes(family);
  say("SO_REUSEADDR");
  bound_twice(family);
}

int main(void) {
  each_family(run);
  say("end");
}
