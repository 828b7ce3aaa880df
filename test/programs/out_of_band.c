/* SPDX-License-Identifier: MIT
 * Urgent data: MSG_OOB, POLLPRI, SIOCATMARK, SO_OOBINLINE. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  char bytes[16] = "";
  int mark = -1;
  check("nothing urgent", recv(p.server, bytes, 1, MSG_OOB));
  must(send(p.client, "ab", 2, 0) == 2);
  check("send urgent", send(p.client, "!", 1, MSG_OOB));
  must(send(p.client, "cd", 2, 0) == 2);
  struct pollfd urgent = {.fd = p.server, .events = POLLPRI};
  check("poll for it", poll(&urgent, 1, 5000));
  say("POLLPRI %d", (urgent.revents & POLLPRI) != 0);
  check("ordinary bytes stop at the mark", recv(p.server, bytes, sizeof bytes, 0));
  say("%.2s", bytes);
  must(ioctl(p.server, SIOCATMARK, &mark) == 0);
  say("at the mark %d", mark);
  check("the urgent byte", recv(p.server, bytes, 1, MSG_OOB));
  say("%.1s", bytes);
  check("once only", recv(p.server, bytes, 1, MSG_OOB));
  check("the rest", recv(p.server, bytes, sizeof bytes, 0));
  say("%.2s", bytes);
  must(setsockopt(p.server, SOL_SOCKET, SO_OOBINLINE, &(int){1}, sizeof(int)) == 0);
  must(send(p.client, "12", 2, 0) == 2 && send(p.client, "?", 1, MSG_OOB) == 1);
  wait_for(p.server, POLLIN);
  check("in line, before the mark", recv(p.server, bytes, sizeof bytes, 0));
  check("in line, from the mark on", recv(p.server, bytes, sizeof bytes, 0));
  say("%.1s", bytes);
  close_pair(p);
  int udp = bound(family, SOCK_DGRAM, "udp");
  struct name own = local_of(udp);
  check("on a datagram socket", sendto(udp, "x", 1, MSG_OOB, sa(&own), own.length));
  close(udp);
}

int main(void) {
  each_family(run);
  say("end");
}
