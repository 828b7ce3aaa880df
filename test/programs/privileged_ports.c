/* SPDX-License-Identifier: MIT
 * Ports below 1024, for a process that is nobody's. */
#include "transcript.h"

enum { PORT = 997, NOBODY = 65534 };

int main(void) {
  if (geteuid() == 0) must(setresgid(NOBODY, NOBODY, NOBODY) == 0 && setresuid(NOBODY, NOBODY, NOBODY) == 0);
  int families[] = {AF_INET, AF_INET6}, types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int i = 0; i < 4; i++) {
    int fd = socket(families[i / 2], types[i % 2] | SOCK_CLOEXEC, 0);
    struct name at = loopback(families[i / 2], PORT);
    check(i % 2 ? "datagrams" : "stream", bind(fd, sa(&at), at.length));
    close(fd);
  }
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("bindresvport", bindresvport(fd, NULL));
  close(fd);
  say("end");
}
