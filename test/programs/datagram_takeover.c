/* SPDX-License-Identifier: MIT
 * A server that gives each client a socket of its own: it connects the one that heard the client, and binds another to the port. What the
 * client sends goes to the connected one, what others send to the new one. */
#include "transcript.h"

static int on = 1;

static int server_at(int family, int port) {
  int fd = socket(family, SOCK_DGRAM, 0);
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  struct name at = loopback(family, port);
  check("bind", bind(fd, sa(&at), at.length));
  return fd;
}

static void hear(const char *who, int fd) {
  char bytes[16] = "";
  struct name from = {.length = sizeof from.at};
  if (recvfrom(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT, sa(&from), &from.length) < 0)
    say("  %s: %s", who, strerrorname_np(errno));
  else
    say("  %s: %s from %s", who, bytes, text(&from));
}

static void run(int family) {
  int port = own_port();
  name_port(port, "server");
  int first = bound(family, SOCK_DGRAM, "first"), second = bound(family, SOCK_DGRAM, "second"), server = server_at(family, port);
  struct name to = loopback(family, port), from = {.length = sizeof from.at};
  char bytes[16];
  must(sendto(first, "hello", 5, 0, sa(&to), to.length) == 5);
  check("peek", recvfrom(server, bytes, sizeof bytes, MSG_PEEK, sa(&from), &from.length));
  check("connect to the client", connect(server, sa(&from), from.length));
  int next = server_at(family, port);
  hear("connected", server);
  must(sendto(first, "more", 4, 0, sa(&to), to.length) == 4);
  must(sendto(second, "other", 5, 0, sa(&to), to.length) == 5);
  hear("connected", server), hear("connected", server);
  hear("next", next), hear("next", next);
  check("answer", send(server, "answer", 6, 0));
  hear("first", first);
  must(connect(second, sa(&to), to.length) == 0);
  check("the second connects and sends", send(second, "again", 5, 0));
  hear("connected", server), hear("next", next);
  close(server);
  must(sendto(first, "late", 4, 0, sa(&to), to.length) == 4);
  hear("next, once the connected one is gone", next);
  close(next);
  close(first);
  close(second);
}

int main(void) {
  each_family(run);
  say("end");
}
