/* SPDX-License-Identifier: MIT
 * Sockets that only a message holds: they live while it is in flight and end with it; the port is free then. */
#include "passing.h"

static void say_reachable(const char *what, struct name to) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check(what, connect(fd, sa(&to), to.length));
  close(fd);
}
static void say_bind(const char *what, int type, struct name at) {
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  if (type == SOCK_STREAM) must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0);
  check(what, bind(fd, sa(&at), at.length));
  close(fd);
}

int main(void) {
  struct carrier c = carrier_of(SOCK_STREAM);
  int fds[] = {listener(AF_INET), bound(AF_INET, SOCK_DGRAM, "server")};
  struct name stream = local_of(fds[0]), datagram = local_of(fds[1]);
  must(send_descriptors(c.from, fds, 2, 0) == 1);
  close(fds[0]);
  close(fds[1]);
  say_reachable("in flight", stream);
  say_bind("the listener's port", SOCK_STREAM, stream);
  say_bind("the datagram socket's port", SOCK_DGRAM, datagram);
  struct received r = receive_descriptors(c.to, MSG_CMSG_CLOEXEC);
  say_socket("received", r.fds[0]);
  int server = accept(r.fds[0], NULL, NULL);
  check("who connected meanwhile", server < 0 ? -1 : 0);
  close(server);
  say_reachable("received", stream);
  close_received(&r);
  say_reachable("closed", stream);
  say_bind("the listener's port", SOCK_STREAM, stream);
  say_bind("the datagram socket's port", SOCK_DGRAM, datagram);

  fds[0] = listener(AF_INET);
  fds[1] = bound(AF_INET, SOCK_DGRAM, "server");
  stream = local_of(fds[0]);
  datagram = local_of(fds[1]);
  must(send_descriptors(c.from, fds, 2, 0) == 1);
  close(fds[0]);
  close(fds[1]);
  close(c.from);
  say_reachable("in flight, the sender's end closed", stream);
  close(c.to);
  say_reachable("the message is lost", stream);
  say_bind("the listener's port", SOCK_STREAM, stream);
  say_bind("the datagram socket's port", SOCK_DGRAM, datagram);
  say("end");
}
