/* SPDX-License-Identifier: MIT
 * A sender that may not write files, toward a receiver that does not read: what finds no room is dropped, nobody hears an error or a SIGXFSZ,
 * and what comes is in order. */
#include <sys/resource.h>

#include "transcript.h"

enum { COUNT = 60, SIZE = 500 };

static void fill(const char *what, int sender, int server, struct name *to) {
  char bytes[SIZE] = "";
  int sent = 0, came = 0, last = -1;
  bool in_order = true;
  for (int i = 0; i < COUNT; i++) {
    bytes[0] = (char)i;
    sent += sendto(sender, bytes, sizeof bytes, 0, sa(to), to->length) == SIZE;
  }
  while (recv(server, bytes, sizeof bytes, MSG_DONTWAIT) == SIZE) {
    in_order = in_order && bytes[0] > last;
    last = bytes[0];
    came++;
  }
  say("%s: %d sent, some came %d, in order %d", what, sent, came > 5, in_order);
  check("one more", sendto(sender, "x", 1, 0, sa(to), to->length));
  check("comes", recv(server, bytes, sizeof bytes, 0));
}

static void run(int family) {
  int sender = bound(family, SOCK_DGRAM, "sender"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server);
  struct rlimit before, none;
  must(getrlimit(RLIMIT_FSIZE, &before) == 0);
  fill("with files", sender, server, &to);
  for (rlim_t limit = 4096;; limit = 0) {
    none = (struct rlimit){limit, before.rlim_max};
    must(setrlimit(RLIMIT_FSIZE, &none) == 0);
    fill(limit ? "with little room" : "with none", sender, server, &to);
    if (!limit) break;
  }
  must(setrlimit(RLIMIT_FSIZE, &before) == 0);
  fill("with files", sender, server, &to);
  close(sender);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
