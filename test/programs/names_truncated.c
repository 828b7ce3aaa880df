/* SPDX-License-Identifier: MIT
 * getsockname and getpeername with every kind of length. */
#include "transcript.h"

static void lengths(const char *what, int fd, int (*call)(int, struct sockaddr *, socklen_t *)) {
  socklen_t given[] = {0, 1, 2, 4, 8, 15, 16, 17, 27, 28, 29, 128};
  for (unsigned i = 0; i < sizeof given / sizeof *given; i++) {
    unsigned char bytes[200];
    memset(bytes, 0x5a, sizeof bytes);
    socklen_t length = given[i];
    int result = call(fd, (struct sockaddr *)bytes, &length);
    unsigned written = 0;
    for (unsigned k = 0; k < sizeof bytes; k++)
      if (bytes[k] != 0x5a) written = k + 1;
    say("%s with %u: %d, told %u, nothing beyond it: %d", what, given[i], result, length, written <= given[i]);
  }
  socklen_t negative = (socklen_t)-1;
  unsigned char bytes[200];
  check("length -1", call(fd, (struct sockaddr *)bytes, &negative));
  check("no length", call(fd, (struct sockaddr *)bytes, NULL));
}

static void run(int family) {
  struct pair p = stream_pair(family);
  lengths("getsockname", p.server, getsockname);
  lengths("getpeername", p.server, getpeername);
  close_pair(p);
  p = datagram_pair(family);
  lengths("getsockname of a datagram socket", p.server, getsockname);
  lengths("getpeername of a datagram socket", p.server, getpeername);
  close_pair(p);
  struct name n = {.length = sizeof n.at};
  check("getsockname of a closed one", getsockname(p.client, sa(&n), &n.length));
  check("getpeername of a closed one", getpeername(p.client, sa(&n), &n.length));
  check("getsockname of no socket", getsockname(STDOUT_FILENO, sa(&n), &n.length));
  check("getpeername of no socket", getpeername(STDOUT_FILENO, sa(&n), &n.length));
}

int main(void) {
  each_family(run);
  say("end");
}
