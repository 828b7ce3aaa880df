/* SPDX-License-Identifier: MIT
 * bind to port 0 and close, more often than there are ports: it never runs out, and each port is one of the range. An argument says how often. */
#include "transcript.h"

#include <sys/resource.h>

enum { FIRST = 32768, COUNT = 28232 }; /* ip_local_port_range */

static void many(int family, int type, long times) {
  static char seen[COUNT];
  memset(seen, 0, sizeof seen);
  long outside = 0, failed = 0, different = 0;
  for (long i = 0; i < times; i++) {
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    struct name at = loopback(family, 0);
    if (bind(fd, sa(&at), at.length) < 0) {
      failed++;
    } else {
      at = local_of(fd);
      int port = name_port_of(&at) - FIRST;
      if (port < 0 || port >= COUNT)
        outside++;
      else if (!seen[port])
        seen[port] = 1, different++;
    }
    close(fd);
  }
  say("%ld times: %ld failed, %ld outside of the range, many ports: %d", times, failed, outside,
      different > times / 10 || different > COUNT / 2);
}

int main(int count, char **arguments) {
  long times = count > 1 ? atol(arguments[1]) : 3000;
  if (count > 1) alarm(600);
  for (int i = 0; i < 4; i++) many(i & 1 ? AF_INET6 : AF_INET, i & 2 ? SOCK_DGRAM : SOCK_STREAM, times);
  say("end");
}
