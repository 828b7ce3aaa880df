/* SPDX-License-Identifier: MIT
 * close_range: with CLOSE_RANGE_CLOEXEC nothing is closed, nor by a call that is refused; a range takes what is in it and nothing else. */
#include <linux/close_range.h>

#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  must(fcntl(p.client, F_SETFD, 0) == 0);
  check("CLOEXEC only", close_range((unsigned)p.client, (unsigned)p.client, CLOSE_RANGE_CLOEXEC));
  say("cloexec %d", fcntl(p.client, F_GETFD));
  say_peer("still ours", p.client);
  check("send", send(p.client, "x", 1, 0));
  int copies[10];
  for (int i = 0; i < 10; i++) must((copies[i] = dup2(p.client, 400 + i)) == 400 + i);
  check("middle", close_range(403, 406, 0));
  for (int i = 0; i < 10; i++) {
    struct name n = {.length = sizeof n.at};
    say("%d: %s", i, getpeername(copies[i], sa(&n), &n.length) < 0 ? strerrorname_np(errno) : text(&n));
  }
  check("all above", close_range(400, ~0u, 0));
  say_peer("below", p.client);
  check("UNSHARE", close_range(400, ~0u, CLOSE_RANGE_UNSHARE));
  say_peer("below", p.client);
  check("unknown flags", close_range((unsigned)p.client, ~0u, 1 << 8));
  check("backwards", close_range(400, (unsigned)p.client, 0));
  say_peer("nothing closed", p.client);
  close(p.client);
  char bytes[4];
  check("bytes", recv(p.server, bytes, 4, 0));
  check("end", recv(p.server, bytes, 4, 0));
  close(p.server);
}

int main(void) {
  each_family(run);
  say("end");
}
