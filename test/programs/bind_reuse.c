/* SPDX-License-Identifier: MIT
 * SO_REUSEADDR as servers use it: restart while connections of the last run are open; no second listener beside a live one. */
#include "transcript.h"

static int attempt(const char *what, int family, int reuse, struct name at) {
  int fd = socket(family, SOCK_STREAM, 0);
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) == 0);
  check(what, bind(fd, sa(&at), at.length));
  return fd;
}

static void run(int family) {
  for (int reuse = 0; reuse < 2; reuse++) {
    say("SO_REUSEADDR %d", reuse);
    struct name at = loopback(family, 0);
    int server = attempt("first run", family, reuse, at);
    at = local_of(server);
    name_port(name_port_of(&at), "server");
    must(listen(server, 4) == 0);
    int client = connected_to(server), accepted = accept(server, NULL, NULL);
    close(attempt("beside it", family, 1, at));
    close(server);
    int again = attempt("restart with an open connection", family, reuse, at);
    if (reuse) {
      check("listen", listen(again, 4));
      int second = connected_to(again), served = accept(again, NULL, NULL);
      check("old connection", send(client, "old", 3, 0));
      check("new connection", send(second, "newer", 5, 0));
      char bytes[8];
      check("old", recv(accepted, bytes, sizeof bytes, 0));
      check("new", recv(served, bytes, sizeof bytes, 0));
      say_local("old", accepted);
      say_local("new", served);
      close(second);
      must(recv(served, bytes, 1, 0) == 0);
      close(served);
    }
    close(again);
    close(client);
    close(accepted);
  }
}

int main(void) {
  each_family(run);
  say("end");
}
