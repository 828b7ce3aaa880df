/* SPDX-License-Identifier: MIT
 * What a stream is after its connect was refused: it may be bound, and connect again. And what is left of a listener after its shutdown. */
#include "passing.h"

static int refused(int family) {
  int nobody = bound(family, SOCK_STREAM, "nobody"), fd = socket(family, SOCK_STREAM, 0);
  struct name n = local_of(nobody);
  check("connect to nobody", connect(fd, sa(&n), n.length));
  close(nobody);
  return fd;
}

static void run(int family) {
  int server = listener(family), fd = refused(family);
  struct name n = local_of(server);
  check("error", recv(fd, &(char){0}, 1, MSG_DONTWAIT));
  check("connect again", connect(fd, sa(&n), n.length));
  say_peer("connected", fd);
  close(fd);
  fd = refused(family);
  n = loopback(family, 0);
  check("bind", bind(fd, sa(&n), n.length));
  close(fd);
  fd = refused(family);
  close(pass_here(fd, SOCK_SEQPACKET));
  check("bind after a pass", bind(fd, sa(&n), n.length));
  close(fd);
  /* Its options stay with it: two that only bind may have one address. */
  int port = own_port();
  n = loopback(family, port);
  fd = refused(family);
  check("reuse", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
  check("bind", bind(fd, sa(&n), n.length));
  int other = socket(family, SOCK_STREAM, 0);
  check("reuse, another", setsockopt(other, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)));
  check("bind, another", bind(other, sa(&n), n.length));
  close(other);
  close(fd);
  fd = refused(family);
  say_local("has a port", fd);
  check("shutdown", shutdown(fd, SHUT_RDWR));
  check("recv", recv(fd, &(char){0}, 1, 0));
  close(fd);
  fd = socket(family, SOCK_STREAM, 0);
  n = loopback(family, 0);
  check("connect to port 0", connect(fd, sa(&n), n.length));
  say_local("has a port as well", fd);
  close(fd);
  must(fcntl(server, F_SETFL, O_NONBLOCK) == 0);
  check("nobody waits", accept(server, NULL, NULL));
  check("shutdown", shutdown(server, SHUT_RDWR));
  check("accept", accept(server, NULL, NULL));
  check("recv", recv(server, &(char){0}, 1, 0));
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
