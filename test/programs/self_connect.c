/* SPDX-License-Identifier: MIT
 * A stream that connects to its own address: both ends of the connection are one socket. */
#include "transcript.h"

static void run(int family) {
  int fd = bound(family, SOCK_STREAM, "own");
  struct name own = local_of(fd);
  check("connect to itself", connect(fd, sa(&own), own.length));
  close(fd);
}

int main(void) {
  each_family(run);
  say("end");
}
