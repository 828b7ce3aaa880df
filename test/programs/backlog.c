/* SPDX-License-Identifier: MIT
 * More clients than the backlog holds: none is turned away, all are served once the server accepts. */
#include "transcript.h"

enum { CLIENTS = 4 }; /* a SYN that found no room comes again after a second */

static void run(int family) {
  int server = bound(family, SOCK_STREAM, "server"), clients[CLIENTS], errors = 0;
  must(listen(server, 1) == 0);
  struct name to = local_of(server);
  for (int i = 0; i < CLIENTS; i++) {
    clients[i] = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
    errors += connect(clients[i], sa(&to), to.length) < 0 && errno != EINPROGRESS;
  }
  say("non-blocking clients turned away: %d", errors);
  for (int i = 0; i < CLIENTS; i++) {
    int accepted = accept(server, NULL, NULL);
    must(accepted >= 0 && send(accepted, "hello", 5, 0) == 5 && close(accepted) == 0);
  }
  int greeted = 0;
  for (int i = 0; i < CLIENTS; i++) {
    char bytes[8];
    wait_for(clients[i], POLLIN);
    greeted += recv(clients[i], bytes, sizeof bytes, 0) == 5;
    close(clients[i]);
  }
  say("greeted: %d", greeted);

  pid_t children[4];
  for (int i = 0; i < 4; i++) {
    children[i] = fork();
    if (children[i] == 0) {
      char bytes[8];
      int fd = socket(family, SOCK_STREAM, 0);
      _exit(connect(fd, sa(&to), to.length) == 0 && recv(fd, bytes, sizeof bytes, 0) == 5 ? 0 : 1);
    }
  }
  for (int i = 0; i < 4; i++) {
    int accepted = accept(server, NULL, NULL);
    must(send(accepted, "hello", 5, 0) == 5 && close(accepted) == 0);
  }
  int good = 0;
  for (int i = 0; i < 4; i++) good += end_of(children[i]) == 0;
  say("blocking clients served: %d", good);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
