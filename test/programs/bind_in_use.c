/* SPDX-License-Identifier: MIT
 * A name belongs to one live socket: EADDRINUSE while it lives, free when it is closed, each type and address for itself. */
#include "transcript.h"

static int attempt(const char *what, int family, int type, struct name at) {
  int fd = socket(family, type, 0);
  check(what, bind(fd, sa(&at), at.length));
  return fd;
}

static void run(int family) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int t = 0; t < 2; t++) {
    int first = bound(family, types[t], "taken");
    struct name n = local_of(first);
    int port = name_port_of(&n);
    close(attempt("same address", family, types[t], loopback(family, port)));
    close(attempt("any address, same port", family, types[t], any_address(family, port)));
    close(attempt("same address, other type", family, types[1 - t], loopback(family, port)));
    if (types[t] == SOCK_STREAM) {
      must(listen(first, 4) == 0);
      close(attempt("same address, listening", family, types[t], loopback(family, port)));
    }
    must(close(first) == 0);
    int second = attempt("after close", family, types[t], loopback(family, port));
    say_local("after close", second);
    must(close(second) == 0);
    int wide = attempt("any after close", family, types[t], any_address(family, port));
    close(attempt("loopback below any", family, types[t], loopback(family, port)));
    must(close(wide) == 0);
    close(attempt("loopback after any", family, types[t], loopback(family, port)));

    int mine = attempt("bound", family, types[t], loopback(family, port)), copy = dup(mine);
    must(copy >= 0 && close(mine) == 0);
    close(attempt("a copy still holds it", family, types[t], loopback(family, port)));
    must(close(copy) == 0);
    close(attempt("last copy closed", family, types[t], loopback(family, port)));
  }
}

int main(void) {
  each_family(run);
  say("end");
}
