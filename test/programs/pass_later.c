/* SPDX-License-Identifier: MIT
 * What one holder does to a socket after the pass, the other sees: bind, listen, connect, options, and that a datagram socket was disconnected. */
#include "passing.h"

static void tell(int fd) { must(write(fd, "g", 1) == 1); }
static void wait_turn(int fd) {
  char byte;
  must(read(fd, &byte, 1) == 1);
}

static void child(int carrier) {
  struct received r = receive_descriptors(carrier, MSG_CMSG_CLOEXEC);
  must(r.count == 3);
  for (int i = 0; i < 3; i++) say_socket("child, at first", r.fds[i]);
  tell(carrier);
  wait_turn(carrier);
  for (int i = 0; i < 3; i++) say_socket("child, later", r.fds[i]);
  /* Now the child acts. */
  must(setsockopt(r.fds[0], IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) == 0);
  struct name none = {.at.ss_family = AF_UNSPEC, .length = sizeof(struct sockaddr)};
  must(connect(r.fds[2], sa(&none), none.length) == 0);
  int server = accept(r.fds[1], NULL, NULL);
  must(server >= 0);
  say_socket("child, accepted", server);
  close(server);
  close_received(&r);
  tell(carrier);
  _exit(0);
}

static void run(int family) {
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t pid = fork();
  if (pid == 0) child(c.to);
  int listening = listener(family), other = bound(family, SOCK_DGRAM, "other");
  int fds[] = {socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0),
               bound(family, SOCK_DGRAM, "x")};
  must(send_descriptors(c.from, fds, 3, 0) == 1);
  wait_turn(c.from);
  struct name to = local_of(listening), to_other = local_of(other), at = loopback(family, 0);
  must(connect(fds[0], sa(&to), to.length) == 0);
  must(setsockopt(fds[0], IPPROTO_TCP, TCP_KEEPIDLE, &(int){99}, sizeof(int)) == 0);
  must(bind(fds[1], sa(&at), at.length) == 0 && listen(fds[1], 3) == 0);
  must(connect(fds[2], sa(&to_other), to_other.length) == 0);
  struct name there = local_of(fds[1]);
  int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(connect(client, sa(&there), there.length) == 0);
  tell(c.from);
  wait_turn(c.from);
  say("child ended with %d", end_of(pid));
  say("parent: nodelay %d keepidle %d", int_option(fds[0], IPPROTO_TCP, TCP_NODELAY), int_option(fds[0], IPPROTO_TCP, TCP_KEEPIDLE));
  say_peer("parent", fds[2]);
  close(client);
  for (int i = 0; i < 3; i++) close(fds[i]);
  close(listening);
  close(other);
  close_carrier(c);
}

int main(void) {
  run(AF_INET);
  run(AF_INET6);
  say("end");
}
