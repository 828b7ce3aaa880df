/* SPDX-License-Identifier: MIT
 * A socket that is used again: after a refused connect, after connect(AF_UNSPEC), as a listener. */
#include "transcript.h"

static int error_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
  return value;
}

static void run(int family) {
  static const struct sockaddr none = {.sa_family = AF_UNSPEC};
  char byte;
  int server = listener(family);
  struct name to = local_of(server), any = any_address(family, 0);
  int closed = bound(family, SOCK_STREAM, "nobody");
  struct name nobody = local_of(closed);
  close(closed);

  int fd = socket(family, SOCK_STREAM, 0);
  check("refused", connect(fd, sa(&nobody), nobody.length));
  say("poll: %s", events_text(wait_for(fd, POLLOUT)));
  say("SO_ERROR %d", error_of(fd));
  say_local("refused", fd);
  say_peer("refused", fd);
  check("recv", recv(fd, &byte, 1, 0));
  check("send", send(fd, "x", 1, MSG_NOSIGNAL));
  check("connect", connect(fd, sa(&to), to.length));
  int peer = accept(server, NULL, NULL);
  check("send", send(fd, "x", 1, 0));
  check("recv", recv(peer, &byte, 1, 0));

  check("disconnect", connect(fd, &none, sizeof none));
  say_local("disconnected", fd);
  say_peer("disconnected", fd);
  say("SO_ERROR: %s", strerrorname_np(error_of(fd)));
  check("disconnect again", connect(fd, &none, sizeof none));
  say("the peer's poll: in %d hang-up %d", (wait_for(peer, POLLIN) & POLLIN) != 0, (wait_for(peer, POLLIN) & POLLHUP) != 0);
  check("the peer's recv", recv(peer, &byte, 1, 0));
  check("the peer's send", send(peer, "x", 1, MSG_NOSIGNAL));
  close(peer);
  check("connect again", connect(fd, sa(&to), to.length));
  peer = accept(server, NULL, NULL);
  check("send", send(fd, "x", 1, 0));
  check("recv", recv(peer, &byte, 1, 0));
  close(peer);
  close(fd);

  fd = socket(family, SOCK_STREAM, 0);
  check("refused", connect(fd, sa(&nobody), nobody.length));
  check("then bound", bind(fd, sa(&any), any.length));
  check("then listening", listen(fd, 1));
  struct name own = local_of(fd);
  struct name near = loopback(family, name_port_of(&own));
  int client = socket(family, SOCK_STREAM, 0);
  check("connect to it", connect(client, sa(&near), near.length));
  close(client);
  close(fd);

  fd = socket(family, SOCK_STREAM, 0);
  check("refused", connect(fd, sa(&nobody), nobody.length));
  check("then listening, unbound", listen(fd, 1));
  own = local_of(fd);
  near = loopback(family, name_port_of(&own));
  client = socket(family, SOCK_STREAM, 0);
  check("connect to it", connect(client, sa(&near), near.length));
  close(client);
  close(fd);

  fd = listener(family);
  own = local_of(fd);
  client = socket(family, SOCK_STREAM, 0);
  check("connect of a listener", connect(fd, sa(&to), to.length));
  check("disconnect of a listener", connect(fd, &none, sizeof none));
  say_local("no longer a listener", fd);
  check("nobody listens", connect(client, sa(&own), own.length));
  check("accept", accept(fd, NULL, NULL));
  check("listen again", listen(fd, 1));
  check("somebody listens", connect(client, sa(&own), own.length));
  close(client);
  peer = accept(fd, NULL, NULL);
  close(peer);
  client = socket(family, SOCK_STREAM, 0);
  must(connect(client, sa(&own), own.length) == 0);
  check("shutdown of a listener", shutdown(fd, SHUT_RD));
  say("who waited: in %d hang-up %d", (wait_for(client, POLLIN) & POLLIN) != 0, (wait_for(client, POLLIN) & POLLHUP) != 0);
  check("who waited: recv", recv(client, &byte, 1, 0));
  close(client);
  say_local("no longer a listener", fd);
  client = socket(family, SOCK_STREAM, 0);
  check("nobody listens", connect(client, sa(&own), own.length));
  check("listen again", listen(fd, 1));
  check("SHUT_WR does nothing to it", shutdown(fd, SHUT_WR));
  check("somebody listens", connect(client, sa(&own), own.length));
  close(client);
  close(fd);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
