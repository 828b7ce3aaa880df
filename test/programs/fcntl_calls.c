/* SPDX-License-Identifier: MIT
 * fcntl on sockets: copies, flags, owners, bad arguments. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  int copy = fcntl(p.client, F_DUPFD, 100);
  say("F_DUPFD: at least 100 %d, cloexec %d", copy >= 100, fcntl(copy, F_GETFD));
  say_local("copy", copy);
  say_peer("copy", copy);
  int second = fcntl(p.client, F_DUPFD_CLOEXEC, 100);
  say("F_DUPFD_CLOEXEC: above the other %d, cloexec %d", second > copy, fcntl(second, F_GETFD));
  say_local("copy", second);
  say_peer("copy", second);
  close(p.client);
  check("send on a copy", send(copy, "one", 3, 0));
  close(copy);
  check("send on the last copy", send(second, "two", 3, 0));
  close(second);
  char bytes[16];
  check("all bytes, then the end", (long)read_all(p.server, bytes, sizeof bytes));
  check("F_DUPFD below 0", fcntl(p.server, F_DUPFD, -1));
  check("F_DUPFD too high", fcntl(p.server, F_DUPFD, 1 << 30));
  say("F_GETFL: read-write %d", (fcntl(p.server, F_GETFL) & O_ACCMODE) == O_RDWR);
  check("F_SETFL", fcntl(p.server, F_SETFL, O_NONBLOCK));
  copy = dup(p.server);
  say("flags are of the description: %d", (fcntl(copy, F_GETFL) & O_NONBLOCK) != 0);
  close(copy);
  check("F_SETFD", fcntl(p.server, F_SETFD, FD_CLOEXEC));
  check("F_GETFD", fcntl(p.server, F_GETFD));
  check("F_SETOWN", fcntl(p.server, F_SETOWN, getpid()));
  say("F_GETOWN is me %d", fcntl(p.server, F_GETOWN) == getpid());
  check("F_SETSIG", fcntl(p.server, F_SETSIG, SIGUSR1));
  check("an unknown command", fcntl(p.server, 9999, 0));
  check("F_GETPIPE_SZ", fcntl(p.server, F_GETPIPE_SZ));
  close(p.server);
  check("F_GETFL of a closed one", fcntl(p.server, F_GETFL));
  check("F_DUPFD of a closed one", fcntl(p.server, F_DUPFD, 0));

  int udp = bound(family, SOCK_DGRAM, "udp"), udp_copy = fcntl(udp, F_DUPFD_CLOEXEC, 3);
  struct name own = local_of(udp), from = {.length = sizeof from.at};
  close(udp);
  check("datagram copy sends", sendto(udp_copy, "self", 4, 0, sa(&own), own.length));
  check("and receives", recvfrom(udp_copy, bytes, sizeof bytes, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  close(udp_copy);
}

int main(void) {
  each_family(run);
  say("end");
}
