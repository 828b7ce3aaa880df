/* SPDX-License-Identifier: MIT
 * SO_REUSEADDR: a listener takes the port of a client that is connected from it. The client's end does not take the name away again. */
#include "transcript.h"

static int reusing(int family, struct name at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  check("bind", bind(fd, sa(&at), at.length));
  return fd;
}

static void run(int family) {
  int first = listener(family);
  struct name to = local_of(first);
  int client = reusing(family, loopback(family, 0));
  struct name own = local_of(client);
  name_port(name_port_of(&own), "shared");
  check("connect", connect(client, sa(&to), to.length));
  int accepted = accept(first, NULL, NULL), second = reusing(family, own);
  check("listen", listen(second, 4));
  int before = connected_to(second);
  check("bytes", send(client, "x", 1, 0));
  close(client);
  int after = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("connect to the listener after the client's end", connect(after, sa(&own), own.length));
  say_local("listener", second);
  close(after);
  close(before);
  close(accepted);
  close(second);
  close(first);
}

int main(void) {
  each_family(run);
  say("end");
}
