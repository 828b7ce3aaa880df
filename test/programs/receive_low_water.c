/* SPDX-License-Identifier: MIT
 * SO_RCVLOWAT: what recv waits for, and what poll calls readable. */
#include "transcript.h"

static void look(const char *what, int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN};
  must(poll(&p, 1, 0) >= 0);
  say("%s: poll %s", what, events_text(p.revents));
}

static void run(int family) {
  struct pair p = stream_pair(family);
  char bytes[16];
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(p.server, SOL_SOCKET, SO_RCVLOWAT, &value, &length) == 0);
  say("at first: %d", value);
  check("5", setsockopt(p.server, SOL_SOCKET, SO_RCVLOWAT, &(int){5}, sizeof(int)));
  look("nothing came", p.server);
  must(send(p.client, "abc", 3, 0) == 3);
  look("3 bytes of 5", p.server);
  check("without waiting", recv(p.server, bytes, sizeof bytes, MSG_DONTWAIT | MSG_PEEK));
  must(send(p.client, "defghi", 6, 0) == 6);
  wait_for(p.server, POLLIN);
  look("9 bytes", p.server);
  check("recv", recv(p.server, bytes, sizeof bytes, 0));
  must(send(p.client, "x", 1, 0) == 1 && shutdown(p.client, SHUT_WR) == 0);
  wait_for(p.server, POLLIN);
  look("the end behind one byte", p.server);
  check("recv", recv(p.server, bytes, sizeof bytes, 0));
  check("0", setsockopt(p.server, SOL_SOCKET, SO_RCVLOWAT, &(int){0}, sizeof(int)));
  length = sizeof value;
  must(getsockopt(p.server, SOL_SOCKET, SO_RCVLOWAT, &value, &length) == 0);
  say("is %d", value);
  check("SO_SNDLOWAT", setsockopt(p.server, SOL_SOCKET, SO_SNDLOWAT, &(int){5}, sizeof(int)));
  close_pair(p);

  int udp = bound(family, SOCK_DGRAM, "udp");
  struct name own = local_of(udp);
  check("datagrams", setsockopt(udp, SOL_SOCKET, SO_RCVLOWAT, &(int){5}, sizeof(int)));
  must(sendto(udp, "x", 1, 0, sa(&own), own.length) == 1);
  wait_for(udp, POLLIN);
  check("a short one", recv(udp, bytes, sizeof bytes, 0));
  close(udp);
}

int main(void) {
  each_family(run);
  say("end");
}
