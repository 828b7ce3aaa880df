/* SPDX-License-Identifier: MIT
 * poll, select and epoll tell the same of our sockets as of the kernel's. */
#include <sys/epoll.h>
#include <sys/select.h>

#include "transcript.h"

static void look(const char *what, int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  must(poll(&p, 1, 0) >= 0);
  fd_set in, out, except;
  FD_ZERO(&in);
  FD_ZERO(&out);
  FD_ZERO(&except);
  FD_SET(fd, &in);
  FD_SET(fd, &out);
  FD_SET(fd, &except);
  must(select(fd + 1, &in, &out, &except, &(struct timeval){0, 0}) >= 0);
  say("%s: poll %s select %d%d%d", what, events_text(p.revents), FD_ISSET(fd, &in) != 0, FD_ISSET(fd, &out) != 0,
      FD_ISSET(fd, &except) != 0);
}

static void epoll_look(const char *what, int epoll) {
  struct epoll_event events[4];
  int count = epoll_wait(epoll, events, 4, 0);
  say("%s: %d events", what, count);
  for (int i = 0; i < count; i++) say("  number %u: %s", events[i].data.u32, events_text((short)events[i].events));
}

static void run(int family) {
  char bytes[16];
  int fd = socket(family, SOCK_STREAM, 0);
  look("fresh stream", fd);
  close(fd);
  fd = socket(family, SOCK_DGRAM, 0);
  look("fresh datagram", fd);
  close(fd);
  fd = bound(family, SOCK_STREAM, "bound");
  look("bound stream", fd);
  close(fd);

  int server = listener(family), epoll = epoll_create1(EPOLL_CLOEXEC);
  look("listener", server);
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, server, &(struct epoll_event){.events = EPOLLIN, .data.u32 = 1}) == 0);
  epoll_look("nobody waits", epoll);
  int client = connected_to(server);
  look("listener with a client", server);
  epoll_look("a client waits", epoll);
  fd = accept(server, NULL, NULL);
  look("listener without", server);
  epoll_look("accepted", epoll);
  look("accepted", fd);
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.u32 = 2}) == 0);
  epoll_look("edge", epoll);
  epoll_look("no new edge", epoll);
  must(send(client, "hello", 5, 0) == 5);
  wait_for(fd, POLLIN);
  epoll_look("bytes came", epoll);
  epoll_look("no new edge", epoll);
  look("with bytes", fd);
  must(recv(fd, bytes, 2, 0) == 2);
  look("with the rest", fd);
  must(recv(fd, bytes, 3, 0) == 3);
  look("without", fd);
  must(shutdown(client, SHUT_WR) == 0);
  wait_for(fd, POLLIN);
  look("half closed by the peer", fd);
  epoll_look("half closed by the peer", epoll);
  look("the closer", client);
  must(shutdown(fd, SHUT_WR) == 0);
  wait_for(client, POLLIN);
  look("closed both ways", fd);
  close(fd);
  epoll_look("a closed one is gone", epoll);
  check("EPOLL_CTL_DEL of the closed", epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL));
  close(client);
  close(server);
  close(epoll);

  struct pair p = datagram_pair(family);
  look("datagram", p.server);
  must(send(p.client, "dg", 2, 0) == 2);
  look("datagram with bytes", p.server);
  close_pair(p);
  struct pollfd closed = {.fd = p.server, .events = POLLIN};
  must(poll(&closed, 1, 0) == 1);
  say("closed: invalid %d", (closed.revents & POLLNVAL) != 0);
}

int main(void) {
  each_family(run);
  say("end");
}
