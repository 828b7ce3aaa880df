/* SPDX-License-Identifier: MIT
 * A receiver is killed with datagrams that it has not read. Its senders hear that it is gone, the next one on the port gets none of them, and
 * nothing is left for those who never knew it. */
#include "transcript.h"

enum { WAITING = 100, OTHERS = 200 };

/* A process with a socket on the port, which reads nothing. */
static pid_t deaf(int family, int port) {
  int ends[2];
  char byte;
  must(pipe(ends) == 0);
  pid_t pid = fork();
  if (pid == 0) {
    int fd = socket(family, SOCK_DGRAM, 0);
    struct name at = loopback(family, port);
    must(bind(fd, sa(&at), at.length) == 0 && write(ends[1], "r", 1) == 1);
    for (;;) pause();
  }
  must(read(ends[0], &byte, 1) == 1);
  close(ends[0]);
  close(ends[1]);
  return pid;
}

/* Sends more than any queue of a unix socket takes, and kills. */
static void fill_and_kill(int family, int port, int sender) {
  struct name to = loopback(family, port);
  pid_t pid = deaf(family, port);
  for (int i = 0; i < WAITING; i++) must(sendto(sender, "old", 3, MSG_DONTWAIT, sa(&to), to.length) == 3 || errno == EAGAIN);
  must(kill(pid, SIGKILL) == 0);
  say("killed: %d", end_of(pid) == 1000 + SIGKILL);
}

static void run(int family) {
  char bytes[8];
  int sender = bound(family, SOCK_DGRAM, "sender"), connected = bound(family, SOCK_DGRAM, "connected"), port = own_port();
  struct name to = loopback(family, port);
  fill_and_kill(family, port, sender);
  check("sendto of one that is not connected", sendto(sender, "x", 1, 0, sa(&to), to.length));
  check("and again", sendto(sender, "x", 1, 0, sa(&to), to.length));
  check("connect", connect(connected, sa(&to), to.length));
  check("send", send(connected, "x", 1, 0));
  check("the next hears of it", send(connected, "x", 1, 0));
  int next = socket(family, SOCK_DGRAM, 0);
  check("bind to its port", bind(next, sa(&to), to.length));
  check("nothing is there", recv(next, bytes, sizeof bytes, MSG_DONTWAIT));
  check("sendto", sendto(sender, "new", 3, 0, sa(&to), to.length));
  check("send", send(connected, "newer", 5, 0));
  check("recv", recv(next, bytes, sizeof bytes, 0));
  check("recv", recv(next, bytes, sizeof bytes, 0));
  close(next);

  fill_and_kill(family, port, sender);
  next = socket(family, SOCK_DGRAM, 0);
  check("another binds to its port", bind(next, sa(&to), to.length));
  check("nothing is there", recv(next, bytes, sizeof bytes, MSG_DONTWAIT));
  close(next);

  /* Nobody sends to this one any more. */
  fill_and_kill(family, own_port(), sender);
  struct name own = local_of(sender);
  for (int i = 0; i < OTHERS; i++) must(sendto(sender, "x", 1, 0, sa(&own), own.length) == 1 && recv(sender, bytes, sizeof bytes, 0) == 1);
  close(sender);
  close(connected);
}

int main(void) {
  each_family(run);
  say("end");
}
