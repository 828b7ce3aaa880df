/* SPDX-License-Identifier: MIT
 * A connected UDP socket hears its peer only; refusals come back to it; disconnected it hears all again. */
#include "transcript.h"

static void run(int family) {
  char bytes[32];
  int a = bound(family, SOCK_DGRAM, "a"), b = bound(family, SOCK_DGRAM, "b"), c = bound(family, SOCK_DGRAM, "c");
  struct name at_a = local_of(a), at_b = local_of(b), at_c = local_of(c), from = {.length = sizeof from.at};
  must(connect(a, sa(&at_b), at_b.length) == 0);
  check("the peer sends", sendto(b, "peer", 4, 0, sa(&at_a), at_a.length));
  check("a stranger sends", sendto(c, "stranger", 8, 0, sa(&at_a), at_a.length));
  check("the peer sends again", sendto(b, "again!", 6, 0, sa(&at_a), at_a.length));
  check("first", recvfrom(a, bytes, sizeof bytes, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  check("second", recv(a, bytes, sizeof bytes, 0));
  check("no third", recv(a, bytes, sizeof bytes, MSG_DONTWAIT));
  check("a stranger alone", sendto(c, "stranger", 8, 0, sa(&at_a), at_a.length));
  struct pollfd waiting = {.fd = a, .events = POLLIN};
  check("poll hears nothing", poll(&waiting, 1, 0));
  check("send to the peer", send(a, "x", 1, 0));
  check("it comes", recv(b, bytes, sizeof bytes, 0));
  check("send to another", sendto(a, "yy", 2, 0, sa(&at_c), at_c.length));
  check("it comes there", recv(c, bytes, sizeof bytes, 0));
  check("connect to the other", connect(a, sa(&at_c), at_c.length));
  check("the old peer sends", sendto(b, "old", 3, 0, sa(&at_a), at_a.length));
  check("the new peer sends", sendto(c, "newer", 5, 0, sa(&at_a), at_a.length));
  check("only the new one comes", recv(a, bytes, sizeof bytes, 0));
  close(a);

  a = bound(family, SOCK_DGRAM, "a");
  at_a = local_of(a);
  check("queued before the connect", sendto(c, "early", 5, 0, sa(&at_a), at_a.length));
  must(connect(a, sa(&at_b), at_b.length) == 0);
  check("is still there", recv(a, bytes, sizeof bytes, 0));
  close(b);
  check("the peer is gone: send", send(a, "x", 1, 0));
  check("the next call tells it", send(a, "x", 1, 0));
  check("and the next is fine", send(a, "x", 1, 0));
  waiting.fd = a;
  waiting.revents = 0;
  check("poll", poll(&waiting, 1, 0));
  say("poll: error %d", (waiting.revents & POLLERR) != 0);
  int error = -1;
  socklen_t length = sizeof error;
  must(getsockopt(a, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
  say("SO_ERROR %s", strerrorname_np(error));
  check("nothing more", recv(a, bytes, sizeof bytes, MSG_DONTWAIT));
  b = socket(family, SOCK_DGRAM, 0);
  check("a new peer on the port", bind(b, sa(&at_b), at_b.length));
  check("send", send(a, "hello", 5, 0));
  check("it comes", recv(b, bytes, sizeof bytes, 0));
  close(a);

  int loose = bound(family, SOCK_DGRAM, "loose");
  close(b);
  check("not connected, to nobody", sendto(loose, "x", 1, 0, sa(&at_b), at_b.length));
  check("again", sendto(loose, "x", 1, 0, sa(&at_b), at_b.length));
  check("no news", recv(loose, bytes, sizeof bytes, MSG_DONTWAIT));
  struct name own = local_of(loose);
  check("to itself", sendto(loose, "self", 4, 0, sa(&own), own.length));
  check("comes", recv(loose, bytes, sizeof bytes, 0));
  close(loose);
  close(c);
}

int main(void) {
  each_family(run);
  say("end");
}
