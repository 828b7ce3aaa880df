/* SPDX-License-Identifier: MIT
 * What a stream keeps over a connect that was refused: the port that its program chose, no other one. And a shutdown before a connection. */
#include "transcript.h"

static struct name nobody;

/* Has the port of the last refused connect if that let go of it, so that nobody is given it by chance. */
static int taker = -1;

static int refused(int family, struct name at) {
  close(taker);
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (at.length) must(bind(fd, sa(&at), at.length) == 0);
  check("refused", connect(fd, sa(&nobody), nobody.length));
  struct name own = local_of(fd);
  name_port(name_port_of(&own), "before");
  say_local("refused", fd);
  taker = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("another takes its port", bind(taker, sa(&own), own.length));
  return fd;
}

static void look(const char *what, int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
  must(poll(&p, 1, 0) >= 0);
  say("%s: poll %s", what, events_text(p.revents));
  check("recv", recv(fd, &(char){0}, 1, MSG_DONTWAIT));
  check("send", send(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL));
}

/* Begins as `at` says, is refused, and then binds, listens or connects. */
static void again(int family, struct name at, struct name server) {
  struct name zero = loopback(family, 0), any = any_address(family, 0);
  int fd = refused(family, at);
  check("bind", bind(fd, sa(&any), any.length));
  close(fd);
  fd = refused(family, at);
  check("bind to the loopback", bind(fd, sa(&zero), zero.length));
  say_local("bound", fd);
  close(fd);
  fd = refused(family, at);
  check("listen", listen(fd, 1));
  say_local("listening", fd);
  close(fd);
  fd = refused(family, at);
  check("the other one listens", listen(taker, 1));
  say_local("refused", fd);
  close(fd);
  fd = refused(family, at);
  check("connect", connect(fd, sa(&server), server.length));
  say_local("connected", fd);
  close(fd);
}

static void run(int family) {
  int closed = bound(family, SOCK_STREAM, "nobody"), listening = listener(family), fd;
  nobody = local_of(closed);
  close(closed);
  struct name server = local_of(listening), none = {.length = 0};
  say("without an address");
  again(family, none, server);
  say("on an address, port 0");
  again(family, loopback(family, 0), server);
  say("on any address, port 0");
  again(family, any_address(family, 0), server);
  say("on a port");
  again(family, loopback(family, own_port()), server);

  fd = socket(family, SOCK_STREAM, 0);
  check("shutdown", shutdown(fd, SHUT_RDWR));
  look("shut", fd);
  check("connect", connect(fd, sa(&nobody), nobody.length));
  look("refused", fd);
  check("shutdown", shutdown(fd, SHUT_WR));
  look("shut for writing", fd);
  check("bind", bind(fd, sa(&(struct name){0}), 0));
  struct name zero = loopback(family, 0);
  check("bind", bind(fd, sa(&zero), zero.length));
  look("bound", fd);
  check("connect", connect(fd, sa(&server), server.length));
  look("connected", fd);
  close(fd);

  look("a listener", listening);
  int client = connected_to(listening);
  check("shutdown", shutdown(listening, SHUT_RDWR));
  look("a shut listener", listening);
  check("who waited: send", send(client, "x", 1, MSG_NOSIGNAL));
  close(client);
  check("listen", listen(listening, 1));
  client = connected_to(listening);
  close(client);
  close(listening);

  listening = listener(family);
  client = connected_to(listening);
  close(listening);
  struct name elsewhere = loopback(family, 0);
  check("bind when the connection is over", bind(client, sa(&elsewhere), elsewhere.length));
  int error = -1;
  socklen_t length = sizeof error;
  must(getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
  say("its error: %s", strerrorname_np(error));
  look("bound", client);
  check("listen", listen(client, 1));
  check("connect", connect(client, sa(&nobody), nobody.length));
  say_peer("bound", client);
  check("disconnect", connect(client, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)));
  check("connect", connect(client, sa(&nobody), nobody.length));
  close(client);

  if (family != AF_INET6) return;
  fd = socket(family, SOCK_STREAM, 0);
  struct name mapped = name_of(family, "::ffff:127.0.0.1", 0), any = any_address(family, name_port_of(&nobody));
  check("bind to an IPv4 address", bind(fd, sa(&mapped), mapped.length));
  check("connect to an IPv6 address", connect(fd, sa(&server), server.length));
  check("connect to any", connect(fd, sa(&any), any.length));
  close(fd);
}

int main(void) {
  leave_others();
  each_family(run);
  say("end");
}
