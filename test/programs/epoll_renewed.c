/* SPDX-License-Identifier: MIT
 * Registrations in epoll descriptors stay with a socket that connects or listens again, with their events and data. */
#include <sys/epoll.h>

#include "transcript.h"

static const struct sockaddr none = {.sa_family = AF_UNSPEC};

static void look(const char *what, int epoll) {
  struct epoll_event events[4];
  int count = epoll_wait(epoll, events, 4, 0);
  say("%s: %d events", what, count);
  for (int i = 0; i < count; i++) say("  data %llx: %s", (unsigned long long)events[i].data.u64, events_text((short)events[i].events));
}

static void add(int epoll, int fd, uint32_t events, uint64_t data) {
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = events, .data.u64 = data}) == 0);
}

/* A client that is refused, and connects again. */
static void again(int family, int epoll) {
  int server = listener(family), nobody = bound(family, SOCK_STREAM, "nobody");
  struct name to = local_of(server), refuses = local_of(nobody);
  close(nobody);
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), copy = dup(fd), other = epoll_create1(0), twin = dup(epoll);
  add(epoll, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP, 0xfedcba9876543210);
  add(epoll, copy, EPOLLOUT | EPOLLET, 2);
  add(other, fd, EPOLLOUT | EPOLLONESHOT, 3);
  check("connect to nobody", connect(fd, sa(&refuses), refuses.length));
  wait_for(fd, POLLOUT);
  int error = -1;
  socklen_t length = sizeof error;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
  say("%s", strerrorname_np(error));
  look("refused, once", other);
  check("told late", connect(fd, sa(&to), to.length));
  check("connect again", connect(fd, sa(&to), to.length));
  wait_for(fd, POLLOUT);
  look("connected", epoll);
  look("connected, no longer armed", other);
  check("arm it", epoll_ctl(other, EPOLL_CTL_MOD, fd, &(struct epoll_event){.events = EPOLLOUT | EPOLLONESHOT, .data.u64 = 4}));
  look("armed", other);
  look("no new edge, of the copy", epoll);
  int accepted = accept(server, NULL, NULL);
  must(send(accepted, "x", 1, 0) == 1);
  wait_for(fd, POLLIN);
  look("a byte came", epoll);
  check("register it again", epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}));

  check("disconnect", connect(fd, &none, sizeof none));
  check("connect", connect(fd, sa(&to), to.length));
  wait_for(fd, POLLOUT);
  check("take the copy out", epoll_ctl(epoll, EPOLL_CTL_DEL, copy, NULL));
  look("connected again", epoll);
  check("take it out of the twin", epoll_ctl(twin, EPOLL_CTL_DEL, fd, NULL));
  look("nothing is left", epoll);
  close(fd);
  close(copy);
  close(other);
  close(twin);
  close(accepted);
  close(server);
}

/* A listener that is shut down, and listens again. */
static void listening(int family, int epoll) {
  int server = listener(family);
  struct name to = local_of(server);
  add(epoll, server, EPOLLIN, 5);
  look("nobody waits", epoll);
  check("shutdown", shutdown(server, SHUT_RD));
  check("listen again", listen(server, 4));
  look("nobody waits", epoll);
  int client = socket(family, SOCK_STREAM, 0);
  check("connect", connect(client, sa(&to), to.length));
  look("a client waits", epoll);
  close(server);
  look("closed", epoll);
  close(client);
}

/* Another process holds the socket, too: what it had before is no longer seen here. */
static void shared(int family, int epoll) {
  int server = listener(family), ends[2], fd = connected_to(server), accepted = accept(server, NULL, NULL);
  struct name to = local_of(server);
  add(epoll, fd, EPOLLIN, 6);
  must(pipe(ends) == 0);
  pid_t child = fork();
  must(child >= 0);
  if (child == 0) {
    close(ends[1]);
    exit((int)read(ends[0], &(char){0}, 1)); /* its names go, too */
  }
  check("disconnect", connect(fd, &none, sizeof none));
  close(accepted);
  check("connect", connect(fd, sa(&to), to.length));
  look("a fresh connection", epoll);
  close(ends[1]);
  say("the child ended with %d", end_of(child));
  close(ends[0]);
  close(fd);
  close(server);
}

static void run(int family) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  again(family, epoll);
  listening(family, epoll);
  shared(family, epoll);
  close(epoll);
}

int main(void) {
  each_family(run);
  say("end");
}
