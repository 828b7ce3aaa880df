/* SPDX-License-Identifier: MIT
 * listen: on a bound socket, on an unbound one, twice, and where it makes no sense. */
#include "transcript.h"

static int accepting(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0);
  return value;
}

/* A listener that is shut down has let go of a port that its program did not choose. */
static void shut(const char *what, int fd) {
  must(listen(fd, 5) == 0);
  struct name n = local_of(fd);
  name_port(name_port_of(&n), "shut");
  say(what);
  check("  shutdown", shutdown(fd, SHUT_RDWR));
  say_local("  then", fd);
  n = loopback(n.at.ss_family, 0);
  check("  bind", bind(fd, sa(&n), n.length));
  check("  listen", listen(fd, 5));
  close(fd);
}

static void run(int family) {
  struct name zero = loopback(family, 0);
  int fd = socket(family, SOCK_STREAM, 0);
  shut("not bound", fd);
  fd = socket(family, SOCK_STREAM, 0);
  must(bind(fd, sa(&zero), zero.length) == 0);
  shut("on port 0", fd);
  shut("on a port", bound(family, SOCK_STREAM, "chosen"));
  fd = socket(family, SOCK_STREAM, 0);
  check("unbound", listen(fd, 5));
  struct name n = local_of(fd);
  name_port(name_port_of(&n), "auto");
  say("got a port: %d", name_port_of(&n) != 0);
  say_local("unbound, then listening", fd);
  say("SO_ACCEPTCONN %d", accepting(fd));
  struct name to = loopback(family, name_port_of(&n));
  int client = socket(family, SOCK_STREAM, 0);
  check("connect to the chosen port", connect(client, sa(&to), to.length));
  check("listen again", listen(fd, 50));
  check("listen on a connected socket", listen(client, 5));
  check("bind when listening", bind(fd, sa(&to), to.length));
  struct name own = loopback(family, name_port_of(&n));
  check("connect on a listening socket", connect(fd, sa(&own), own.length));
  say_peer("listening", fd);
  char byte;
  check("recv on a listening socket", recv(fd, &byte, 1, 0));
  check("send on a listening socket", send(fd, "x", 1, MSG_NOSIGNAL));
  close(client);
  close(fd);

  int udp = bound(family, SOCK_DGRAM, "udp");
  check("on a datagram socket", listen(udp, 5));
  check("accept on a datagram socket", accept(udp, NULL, NULL));
  close(udp);
  int plain = socket(family, SOCK_STREAM, 0);
  check("accept on a fresh socket", accept(plain, NULL, NULL));
  must(bind(plain, sa(&zero), zero.length) == 0);
  check("accept on a bound socket", accept(plain, NULL, NULL));
  say("SO_ACCEPTCONN %d", accepting(plain));
  check("backlog 0", listen(plain, 0));
  check("backlog -1", listen(plain, -1));
  close(plain);
  check("a closed descriptor", listen(plain, 1));
}

int main(void) {
  each_family(run);
  say("end");
}
