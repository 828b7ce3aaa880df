/* SPDX-License-Identifier: MIT
 * Which kinds of sockets there are, and what they say of themselves. */
#include "transcript.h"

static void kind(int family, int type, int protocol, const char *what) {
  int fd = check_fd(what, socket(family, type, protocol));
  if (fd < 0) return;
  int number[] = {SO_DOMAIN, SO_TYPE, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR};
  int value[5];
  for (int i = 0; i < 5; i++) {
    socklen_t length = sizeof value[i];
    must(getsockopt(fd, SOL_SOCKET, number[i], &value[i], &length) == 0 && length == sizeof(int));
  }
  say("  domain %d type %d protocol %d listening %d error %d", value[0], value[1], value[2], value[3], value[4]);
  struct stat status;
  must(fstat(fd, &status) == 0);
  say("  a socket for fstat: %d", S_ISSOCK(status.st_mode));
  say_local("  fresh", fd);
  say_peer("  fresh", fd);
  must(close(fd) == 0);
}

static void run(int family) {
  kind(family, SOCK_STREAM, 0, "stream");
  kind(family, SOCK_STREAM, IPPROTO_TCP, "stream, TCP");
  kind(family, SOCK_DGRAM, 0, "datagram");
  kind(family, SOCK_DGRAM, IPPROTO_UDP, "datagram, UDP");
  kind(family, SOCK_STREAM, IPPROTO_UDP, "stream, UDP");
  kind(family, SOCK_DGRAM, IPPROTO_TCP, "datagram, TCP");
  kind(family, SOCK_STREAM, 255, "stream, protocol 255");
  kind(family, SOCK_STREAM, -1, "stream, protocol -1");
  kind(family, 77, 0, "type 77");
}

int main(void) {
  each_family(run);
  check_fd("family 9999", socket(9999, SOCK_STREAM, 0));
  check_fd("family -1", socket(-1, SOCK_STREAM, 0));
  int fds[2];
  check("socketpair of inet", socketpair(AF_INET, SOCK_STREAM, 0, fds));
  check("socketpair of unix", socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
  say_local("one of it", fds[0]);
  say("end");
}
