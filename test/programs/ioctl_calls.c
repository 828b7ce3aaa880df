/* SPDX-License-Identifier: MIT
 * FIONREAD, FIONBIO, FIOCLEX, SIOCOUTQ, SIOCATMARK and unknown requests. */
#include <linux/sockios.h>

#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  int value = -1;
  char bytes[16];
  check("FIONREAD", ioctl(p.server, FIONREAD, &value));
  say("%d", value);
  must(send(p.client, "12345", 5, 0) == 5);
  wait_for(p.server, POLLIN);
  must(ioctl(p.server, FIONREAD, &value) == 0);
  say("FIONREAD with bytes there: %d", value);
  must(recv(p.server, bytes, 2, 0) == 2 && ioctl(p.server, FIONREAD, &value) == 0);
  say("after a read: %d", value);
  must(ioctl(p.server, SIOCINQ, &value) == 0);
  say("SIOCINQ: %d", value);
  check("SIOCOUTQ", ioctl(p.server, SIOCOUTQ, &value));
  say("nothing was written here: %d", value);
  check("FIONBIO 1", ioctl(p.server, FIONBIO, &(int){1}));
  say("nonblock %d", (fcntl(p.server, F_GETFL) & O_NONBLOCK) != 0);
  check("FIONBIO 0", ioctl(p.server, FIONBIO, &(int){0}));
  say("nonblock %d", (fcntl(p.server, F_GETFL) & O_NONBLOCK) != 0);
  check("FIOCLEX", ioctl(p.server, FIOCLEX));
  say("cloexec %d", fcntl(p.server, F_GETFD));
  check("FIONCLEX", ioctl(p.server, FIONCLEX));
  say("cloexec %d", fcntl(p.server, F_GETFD));
  check("SIOCATMARK", ioctl(p.server, SIOCATMARK, &value));
  check("an unknown request", ioctl(p.server, 0x7777, &value));
  check("TCGETS", ioctl(p.server, TCGETS, bytes));
  say("isatty %d", isatty(p.server));
  must(shutdown(p.client, SHUT_WR) == 0 && recv(p.server, bytes, sizeof bytes, MSG_WAITALL) == 3);
  check("FIONREAD at the end", ioctl(p.server, FIONREAD, &value));
  say("%d", value);
  close_pair(p);
  int server = listener(family);
  check("FIONREAD of a listener", ioctl(server, FIONREAD, &value));
  close(server);
  int udp = bound(family, SOCK_DGRAM, "udp");
  struct name own = local_of(udp);
  check("FIONREAD of a datagram socket", ioctl(udp, FIONREAD, &value));
  say("%d", value);
  must(sendto(udp, "1234", 4, 0, sa(&own), own.length) == 4 && sendto(udp, "12", 2, 0, sa(&own), own.length) == 2);
  must(ioctl(udp, FIONREAD, &value) == 0);
  say("two datagrams of 4 and 2: %d", value);
  close(udp);
  check("closed", ioctl(udp, FIONREAD, &value));
}

int main(void) {
  each_family(run);
  say("end");
}
