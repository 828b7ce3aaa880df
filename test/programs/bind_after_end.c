/* SPDX-License-Identifier: MIT
 * bind of a stream that a connect has been refused to, or whose connection is over: what fails changes nothing, and what is over still counts as
 * connected until a disconnect. */
#include "transcript.h"

static void look(const char *what, int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  must(poll(&p, 1, 0) >= 0);
  say("%s: poll %s", what, events_text(p.revents));
  check("  recv", recv(fd, &(char){0}, 1, MSG_DONTWAIT));
  check("  send", send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
  say_peer("  then", fd);
}

static void run(int family) {
  int server = listener(family), closed = bound(family, SOCK_STREAM, "nobody");
  struct name taken = local_of(server), nobody = local_of(closed), zero = loopback(family, 0), none = {.length = sizeof(sa_family_t)};
  close(closed);
  for (int i = 0; i < 2; i++) {
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (i) must(bind(fd, sa(&zero), zero.length) == 0);
    check("refused", connect(fd, sa(&nobody), nobody.length));
    struct name own = local_of(fd);
    name_port(name_port_of(&own), "before");
    check("bind to a port that is taken", bind(fd, sa(&taken), taken.length));
    say_local("  then", fd);
    check("connect", connect(fd, sa(&taken), taken.length));
    close(fd);
  }
  int fd = connected_to(server);
  close(server);
  check("over: bind", bind(fd, sa(&zero), zero.length));
  struct name own = local_of(fd);
  name_port(name_port_of(&own), "own");
  say_local("  then", fd);
  check("  listen", listen(fd, 1));
  check("  connect", connect(fd, sa(&nobody), nobody.length));
  look("it", fd);
  check("disconnect", connect(fd, sa(&none), none.length));
  look("it", fd);
  check("  listen", listen(fd, 1));
  say_local("  then", fd);
  close(fd);
  fd = socket(family, SOCK_STREAM, 0);
  must(bind(fd, sa(&zero), zero.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "shut");
  check("bound: shutdown", shutdown(fd, SHUT_RDWR));
  check("  disconnect", connect(fd, sa(&none), none.length));
  check("  listen", listen(fd, 1));
  say_local("  then", fd);
  close(fd);
}

int main(void) {
  each_family(run);
  say("end");
}
