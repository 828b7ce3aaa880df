/* SPDX-License-Identifier: MIT
 * SOCK_CLOEXEC and SOCK_NONBLOCK reach the descriptor; nothing else sets them. */
#include "transcript.h"

static void flags_of(const char *what, int fd) {
  must(fd >= 0);
  int cloexec = fcntl(fd, F_GETFD), status = fcntl(fd, F_GETFL);
  say("%s: cloexec %d nonblock %d read-write %d", what, cloexec & FD_CLOEXEC, (status & O_NONBLOCK) != 0, (status & O_ACCMODE) == O_RDWR);
  must(close(fd) == 0);
}

static void run(int family) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int i = 0; i < 2; i++) {
    flags_of("plain", socket(family, types[i], 0));
    flags_of("cloexec", socket(family, types[i] | SOCK_CLOEXEC, 0));
    flags_of("nonblock", socket(family, types[i] | SOCK_NONBLOCK, 0));
    flags_of("both", socket(family, types[i] | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    int fd = socket(family, types[i] | SOCK_CLOEXEC, 0), number = SO_TYPE;
    socklen_t length = sizeof number;
    must(getsockopt(fd, SOL_SOCKET, SO_TYPE, &number, &length) == 0);
    say("flags are no part of the type: %d", number);
    check("O_NONBLOCK set", fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK));
    check("FD_CLOEXEC cleared", fcntl(fd, F_SETFD, 0));
    flags_of("changed", fd);
  }
  check_fd("unknown flag", socket(family, SOCK_STREAM | 0x100000, 0));
}

int main(void) {
  each_family(run);
  say("end");
}
