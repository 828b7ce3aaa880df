/* SPDX-License-Identifier: MIT
 * A daemon closes all numbers one by one and goes on to use sockets. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  (void)p;
  for (int fd = 3; fd < 1024; fd++) close(fd);
  int first = open("/dev/null", O_RDONLY);
  say("the first number is free: %d", first == 3);
  close(first);
  struct pair q = stream_pair(family);
  char bytes[8];
  check("send", send(q.client, "again", 5, 0));
  check("recv", recv(q.server, bytes, sizeof bytes, 0));
  say_peer("client", q.client);
  closefrom(3);
  first = open("/dev/null", O_RDONLY);
  say("the first number is free: %d", first == 3);
  close(first);
  q = stream_pair(family);
  check("send", send(q.client, "again", 5, 0));
  check("recv", recv(q.server, bytes, sizeof bytes, 0));
  close_range(3, ~0u, 0);
  int udp = bound(family, SOCK_DGRAM, "udp");
  struct name own = local_of(udp);
  check("sendto", sendto(udp, "self", 4, 0, sa(&own), own.length));
  check("recv", recv(udp, bytes, sizeof bytes, 0));
  close(udp);
}

int main(void) {
  each_family(run);
  say("end");
}
