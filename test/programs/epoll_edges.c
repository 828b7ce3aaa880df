/* SPDX-License-Identifier: MIT
 * EPOLLET, EPOLLONESHOT, EPOLLEXCLUSIVE: who is told, how often, also where the socket was watched before it connected. */
#include <sys/epoll.h>

#include "transcript.h"

static int epoll;

static void add(int fd, uint32_t events) {
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = events | EPOLLET, .data.fd = fd}) == 0);
}

/* Only what is new, as an edge-triggered program sees it. */
static void look(const char *what, int timeout) {
  struct epoll_event event;
  int count = epoll_wait(epoll, &event, 1, timeout);
  must(count >= 0);
  say("%s: %s", what, count ? events_text((short)event.events) : "no event");
}

static const uint32_t all = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLPRI;

static void connecting(int family) {
  int server = listener(family), client = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct name to = local_of(server);
  add(client, all);
  look("not connected", 0);
  look("not connected, again", 0);
  check("connect", connect(client, sa(&to), to.length));
  look("connected", 5000);
  look("connected, again", 0);
  int accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
  for (int i = 0; i < 2; i++) {
    must(send(accepted, "abc", 3, 0) == 3);
    look("bytes", 5000);
    look("no more", 0);
  }
  char bytes[8];
  check("recv", recv(client, bytes, sizeof bytes, 0));
  look("read", 0);
  check("urgent", send(accepted, "!", 1, MSG_OOB));
  struct epoll_event event;
  must(epoll_wait(epoll, &event, 1, 5000) == 1);
  say("urgent: PRI %d", (event.events & EPOLLPRI) != 0);
  must(recv(client, bytes, 1, MSG_OOB) == 1);
  must(shutdown(accepted, SHUT_WR) == 0);
  look("its end", 5000);
  look("its end, again", 0);
  must(shutdown(client, SHUT_WR) == 0);
  look("both ends", 5000);
  close(accepted);
  close(client);
  close(server);
}

/* Room is news only to who had none. */
static void room(int family) {
  static char bytes[65536];
  struct pair p = stream_pair(family);
  must(fcntl(p.client, F_SETFL, O_NONBLOCK) == 0 && fcntl(p.server, F_SETFL, O_NONBLOCK) == 0);
  add(p.client, EPOLLOUT);
  look("room", 0);
  look("room, again", 0);
  while (send(p.client, bytes, sizeof bytes, 0) > 0) continue;
  check("full", send(p.client, "x", 1, 0));
  look("full", 0);
  /* All of it, also what comes only now. */
  for (int rounds = 0; rounds < 1000 && epoll_wait(epoll, &(struct epoll_event){0}, 1, 0) == 0; rounds++)
    while (recv(p.server, bytes, sizeof bytes, 0) > 0) continue;
  check("room once more", send(p.client, "x", 1, 0));
  close_pair(p);
}

static void once(int family) {
  struct pair p = stream_pair(family);
  struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
  char byte;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, p.server, &event) == 0);
  must(send(p.client, "ab", 2, 0) == 2);
  look("once", 5000);
  must(recv(p.server, &byte, 1, 0) == 1);
  must(send(p.client, "c", 1, 0) == 1);
  look("not armed", 0);
  must(epoll_ctl(epoll, EPOLL_CTL_MOD, p.server, &event) == 0);
  look("armed", 5000);
  close_pair(p);
}

static void exclusive(int family) {
  int server = listener(family), other = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
  struct name to = local_of(server);
  check("exclusive", epoll_ctl(epoll, EPOLL_CTL_ADD, server, &event));
  check("in another", epoll_ctl(other, EPOLL_CTL_ADD, server, &event));
  check("changed", epoll_ctl(other, EPOLL_CTL_MOD, server, &event));
  event.events |= EPOLLONESHOT;
  check("once", epoll_ctl(other, EPOLL_CTL_ADD, server, &event));
  must(shutdown(server, SHUT_RD) == 0);
  check("listen again", listen(server, 4));
  look("listens", 0);
  int client = connected_to(server);
  look("a client", 5000);
  say("the other: %d", epoll_wait(other, &event, 1, 0));
  close(client);
  client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("another client", connect(client, sa(&to), to.length));
  look("it", 0);
  close(client);
  close(other);
  close(server);
}

static void datagrams(int family) {
  enum { MANY = 30 };
  int server = bound(family, SOCK_DGRAM, "server"), client = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), got = 0;
  struct name to = local_of(server);
  char byte;
  add(server, EPOLLIN);
  look("nothing", 0);
  for (int i = 0; i < 2; i++) {
    must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
    look("a datagram", 5000);
    look("no more", 0);
  }
  for (int i = 0; i < MANY; i++) must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  look("many", 5000);
  while (recv(server, &byte, 1, MSG_DONTWAIT) == 1) got++;
  say("got %d", got);
  look("all taken", 0);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  look("another", 5000);
  close(client);
  close(server);
}

static void run(int family) {
  void (*const parts[])(int) = {connecting, room, once, exclusive, datagrams};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    epoll = epoll_create1(EPOLL_CLOEXEC);
    parts[i](family);
    close(epoll);
  }
}

int main(void) {
  each_family(run);
  say("end");
}
