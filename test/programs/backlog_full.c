/* SPDX-License-Identifier: MIT
 * A listener that accepts nobody: who finds its backlog full waits, and is connected once there is room. */
#include <sys/time.h>

#include "transcript.h"

static void look(const char *what, int fd) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  must(poll(&p, 1, 50) >= 0);
  say("%s: poll %s", what, events_text(p.revents));
}

static void run(int family) {
  int server = bound(family, SOCK_STREAM, "server"), first = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int second = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), third = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct name to = local_of(server);
  must(listen(server, 0) == 0);
  check("the first", connect(first, sa(&to), to.length));
  check("the second", connect(second, sa(&to), to.length));
  look("the second", second);
  must(setsockopt(third, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){.tv_usec = 50000}, sizeof(struct timeval)) == 0);
  check("the third, for a while", connect(third, sa(&to), to.length));
  look("the third", third);
  for (int i = 0; i < 3; i++) {
    wait_for(server, POLLIN);
    must(close(accept(server, NULL, NULL)) == 0);
  }
  say("the second: poll %s", events_text(wait_for(second, POLLOUT) & POLLOUT));
  say("the third: poll %s", events_text(wait_for(third, POLLOUT) & POLLOUT));
  close(first);
  close(second);
  close(third);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
