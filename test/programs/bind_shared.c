/* SPDX-License-Identifier: MIT
 * Two sockets on one name: SO_REUSEADDR of streams that do not listen and of datagram sockets, SO_REUSEPORT. */
#include "transcript.h"

static int attempt(const char *what, int family, int type, int option, struct name at) {
  int fd = socket(family, type, 0), on = 1;
  must(fd >= 0);
  if (option) must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0);
  check(what, bind(fd, sa(&at), at.length));
  return fd;
}

static void run(int family) {
  int first = bound(family, SOCK_STREAM, "stream");
  struct name at = local_of(first);
  close(attempt("stream: REUSEADDR, the first has none", family, SOCK_STREAM, SO_REUSEADDR, at));
  close(attempt("stream: REUSEPORT, the first has none", family, SOCK_STREAM, SO_REUSEPORT, at));
  close(first);
  first = attempt("stream: first, REUSEADDR", family, SOCK_STREAM, SO_REUSEADDR, at);
  close(attempt("stream: second, REUSEADDR, nobody listens", family, SOCK_STREAM, SO_REUSEADDR, at));
  close(attempt("stream: second without it", family, SOCK_STREAM, 0, at));
  must(listen(first, 4) == 0);
  close(attempt("stream: second, REUSEADDR, the first listens", family, SOCK_STREAM, SO_REUSEADDR, at));
  close(first);
  first = attempt("stream: first, REUSEPORT", family, SOCK_STREAM, SO_REUSEPORT, at);
  must(listen(first, 4) == 0);
  close(attempt("stream: second, REUSEPORT", family, SOCK_STREAM, SO_REUSEPORT, at));
  close(attempt("stream: third without it", family, SOCK_STREAM, 0, at));
  close(first);

  first = bound(family, SOCK_DGRAM, "datagram");
  at = local_of(first);
  close(attempt("datagram: the first has no REUSEADDR", family, SOCK_DGRAM, SO_REUSEADDR, at));
  close(first);
  first = attempt("datagram: first, REUSEADDR", family, SOCK_DGRAM, SO_REUSEADDR, at);
  close(attempt("datagram: second, REUSEADDR", family, SOCK_DGRAM, SO_REUSEADDR, at));
  close(attempt("datagram: third without it", family, SOCK_DGRAM, 0, at));
  close(first);
  first = attempt("datagram: first, REUSEPORT", family, SOCK_DGRAM, SO_REUSEPORT, at);
  close(attempt("datagram: second, REUSEPORT", family, SOCK_DGRAM, SO_REUSEPORT, at));
  close(first);
}

int main(void) {
  each_family(run);
  say("end");
}
