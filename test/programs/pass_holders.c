/* SPDX-License-Identifier: MIT
 * Two processes hold one socket: either may close it first, and the other goes on. */
#include "passing.h"

/* Tells the other process to go on, or waits for it. */
static void tell(int fd) { must(write(fd, "g", 1) == 1); }
static void wait_turn(int fd) {
  char byte;
  must(read(fd, &byte, 1) == 1);
}

static void serve_one(const char *who, int listening) {
  struct name peer = {.length = sizeof peer.at};
  int fd = accept(listening, sa(&peer), &peer.length);
  must(fd >= 0);
  char byte;
  check(who, read(fd, &byte, 1));
  close(fd);
}

static void child(int carrier) {
  struct received r = receive_descriptors(carrier, MSG_CMSG_CLOEXEC);
  must(r.count == 2);
  tell(carrier);
  wait_turn(carrier); /* the sender closed its listener */
  serve_one("child: the sender closed", r.fds[0]);
  tell(carrier);
  wait_turn(carrier);
  close_received(&r); /* the sender still holds the datagram socket */
  tell(carrier);
  _exit(0);
}

int main(void) {
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t pid = fork();
  if (pid == 0) child(c.to);
  int fds[] = {listener(AF_INET), bound(AF_INET, SOCK_DGRAM, "server")};
  struct name stream = local_of(fds[0]), datagram = local_of(fds[1]);
  must(send_descriptors(c.from, fds, 2, 0) == 1);
  wait_turn(c.from);
  close(fds[0]);
  int client = socket(AF_INET, SOCK_STREAM, 0);
  check("connect", connect(client, sa(&stream), stream.length));
  check("write", write(client, "x", 1));
  tell(c.from);
  wait_turn(c.from);
  close(client);
  tell(c.from);
  wait_turn(c.from);
  say("child ended with %d", end_of(pid));
  int sender = bound(AF_INET, SOCK_DGRAM, "server");
  check("sendto", sendto(sender, "y", 1, 0, sa(&datagram), datagram.length));
  char byte = 0;
  check("the receiver closed", recv(fds[1], &byte, 1, MSG_DONTWAIT));
  client = socket(AF_INET, SOCK_STREAM, 0);
  check("nobody listens", connect(client, sa(&stream), stream.length));
  close(client);
  close(sender);
  close(fds[1]);
  say("end");
}
