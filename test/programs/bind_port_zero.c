/* SPDX-License-Identifier: MIT
 * Port 0: every socket gets a port of its own, in the ephemeral range, and keeps it; after a fork, parent and child go on differently. */
#include "transcript.h"

static void run(int family) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int t = 0; t < 2; t++) {
    int fds[40], ports[40];
    bool all_different = true, in_range = true;
    for (int i = 0; i < 40; i++) {
      fds[i] = socket(family, types[t], 0);
      struct name n = i & 1 ? any_address(family, 0) : loopback(family, 0);
      must(bind(fds[i], sa(&n), n.length) == 0);
      n = local_of(fds[i]);
      ports[i] = name_port_of(&n);
      in_range = in_range && ports[i] >= 32768 && ports[i] <= 60999;
      for (int k = 0; k < i; k++) all_different = all_different && ports[k] != ports[i];
    }
    say("40 sockets: all ports different %d, in the ephemeral range %d", all_different, in_range);
    name_port(ports[0], "first");
    name_port(ports[1], "second");
    say_local("loopback", fds[0]);
    say_local("any", fds[1]);
    for (int i = 0; i < 40; i++) must(close(fds[i]) == 0);
  }
}

static void next_ports(int family, int ports[8]) {
  for (int i = 0; i < 8; i++) {
    int fd = socket(family, SOCK_STREAM, 0);
    struct name n = loopback(family, 0);
    must(bind(fd, sa(&n), n.length) == 0);
    n = local_of(fd);
    ports[i] = name_port_of(&n);
    close(fd);
  }
}

/* In two families, where one name does not hinder the other. */
static void forked(void) {
  int ports[8], of_child[8], ends[2];
  next_ports(AF_INET, ports);
  must(pipe(ends) == 0);
  int child = fork();
  if (child == 0) {
    next_ports(AF_INET6, of_child);
    _exit(write(ends[1], of_child, sizeof of_child) == sizeof of_child ? 0 : 1);
  }
  next_ports(AF_INET, ports);
  must(read(ends[0], of_child, sizeof of_child) == sizeof of_child && end_of(child) == 0);
  say("a child has ports of its own: %d", memcmp(ports, of_child, sizeof ports) != 0);
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  each_family(run);
  forked();
  say("end");
}
