/* SPDX-License-Identifier: MIT
 * SO_REUSEADDR and SO_REUSEPORT: who may share a name. */
#include "transcript.h"

static int attempt(const char *what, int family, int type, int option, struct name at) {
  int fd = socket(family, type, 0), on = 1;
  must(fd >= 0);
  if (option) must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0);
  check(what, bind(fd, sa(&at), at.length));
  return fd;
}

static void stream(int family) {
  struct name free_name;
  int first = bound(family, SOCK_STREAM, "x");
  free_name = local_of(first);
  close(first);
  first = attempt("stream: first, REUSEADDR", family, SOCK_STREAM, SO_REUSEADDR, free_name);
  int second = attempt("stream: second, REUSEADDR, nobody listens", family, SOCK_STREAM, SO_REUSEADDR, free_name);
  close(second);
  close(attempt("stream: second without it", family, SOCK_STREAM, 0, free_name));
  must(listen(first, 4) == 0);
  close(attempt("stream: second, REUSEADDR, the first listens", family, SOCK_STREAM, SO_REUSEADDR, free_name));
  close(attempt("stream: second, REUSEPORT, the first has none", family, SOCK_STREAM, SO_REUSEPORT, free_name));
  close(first);

  first = attempt("stream: first, REUSEPORT", family, SOCK_STREAM, SO_REUSEPORT, free_name);
  second = attempt("stream: second, REUSEPORT", family, SOCK_STREAM, SO_REUSEPORT, free_name);
  check("first listens", listen(first, 4));
  check("second listens", listen(second, 4));
  close(attempt("stream: third without it", family, SOCK_STREAM, 0, free_name));
  close(attempt("stream: third, REUSEADDR", family, SOCK_STREAM, SO_REUSEADDR, free_name));
  close(first);
  int client = socket(family, SOCK_STREAM, 0);
  check("connect when the first is closed", connect(client, sa(&free_name), free_name.length));
  struct pollfd waiting = {.fd = second, .events = POLLIN};
  check("the second has it", poll(&waiting, 1, 20000));
  close(client);
  close(second);
}

static void run(int family) {
  stream(family);
  int first = bound(family, SOCK_DGRAM, "y");
  struct name n = local_of(first);
  close(attempt("datagram: the first has no REUSEADDR", family, SOCK_DGRAM, SO_REUSEADDR, n));
  close(first);
  first = attempt("datagram: first, REUSEADDR", family, SOCK_DGRAM, SO_REUSEADDR, n);
  int second = attempt("datagram: second, REUSEADDR", family, SOCK_DGRAM, SO_REUSEADDR, n);
  close(attempt("datagram: third without it", family, SOCK_DGRAM, 0, n));
  int client = socket(family, SOCK_DGRAM, 0);
  check("a datagram to the shared name", sendto(client, "a", 1, 0, sa(&n), n.length));
  struct pollfd waiting[] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
  check("how many have it", poll(waiting, 2, 20000));
  say("the one bound last: %d", (waiting[1].revents & POLLIN) != 0);
  close(second);
  check("a datagram when the last is closed", sendto(client, "b", 1, 0, sa(&n), n.length));
  check("the first has it", poll(waiting, 1, 20000));
  close(first);
  first = attempt("datagram: first, REUSEPORT", family, SOCK_DGRAM, SO_REUSEPORT, n);
  second = attempt("datagram: second, REUSEPORT", family, SOCK_DGRAM, SO_REUSEPORT, n);
  close(client);
  close(first);
  close(second);
}

int main(void) {
  each_family(run);
  say("end");
}
