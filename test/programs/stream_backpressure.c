/* SPDX-License-Identifier: MIT
 * A full connection: EAGAIN, no POLLOUT; after a read of everything it can be written again. */
#include "transcript.h"

static char block[65536];

static void run(int family) {
  struct pair p = stream_pair(family);
  must(fcntl(p.client, F_SETFL, O_NONBLOCK) == 0 && fcntl(p.server, F_SETFL, O_NONBLOCK) == 0);
  size_t sent = 0;
  ssize_t n;
  /* TCP's window may open again behind our back: it is full when poll says so after EAGAIN. */
  for (;;) {
    while ((n = send(p.client, block, sizeof block, 0)) > 0) sent += (size_t)n;
    if (errno != EAGAIN) break;
    struct pollfd writable = {.fd = p.client, .events = POLLOUT};
    if (poll(&writable, 1, 0) == 0) break;
  }
  say("full: %s, more than 64 KiB %d", strerrorname_np(errno), sent > 65536);
  check("DONTWAIT", send(p.client, block, sizeof block, MSG_DONTWAIT));
  say("the other end: %s", events_text(wait_for(p.server, POLLIN)));
  size_t got = 0;
  while (got < sent) {
    wait_for(p.server, POLLIN);
    n = recv(p.server, block, sizeof block, 0);
    if (n <= 0 && errno != EAGAIN) break;
    if (n > 0) got += (size_t)n;
  }
  say("all came: %d", got == sent);
  say("writable again: %s", events_text(wait_for(p.client, POLLOUT)));
  check("send", send(p.client, "x", 1, 0));
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
