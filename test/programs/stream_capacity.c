/* SPDX-License-Identifier: MIT
 * How much a connection takes whose other end does not read. */
#include "transcript.h"

static bool takes(int family, size_t size, int count) {
  static char bytes[65536];
  struct pair p = stream_pair(family);
  int taken = 0;
  while (taken < count && send(p.client, bytes, size, MSG_DONTWAIT) == (ssize_t)size) taken++;
  close_pair(p);
  return taken == count;
}

static void run(int family) {
  say("200 small writes: %d", takes(family, 10, 200));
  say("2000 small writes: %d", takes(family, 10, 2000));
  say("128 KiB at once: %d", takes(family, 65536, 2));
  say("1 MiB at once: %d", takes(family, 65536, 16));
}

int main(void) {
  each_family(run);
  say("end");
}
