/* SPDX-License-Identifier: MIT
 * The sockets API in a directory that is missing, unwritable, or (argument "delete") goes away while it is used. */
#include "../transcript.h"

static void use(const char *when, int family) {
  say("%s, %s", when, family == AF_INET ? "IPv4" : "IPv6");
  int fd = check_fd("socket", socket(family, SOCK_STREAM, 0));
  struct name n = loopback(family, 80);
  check("bind", bind(fd, sa(&n), n.length));
  check("listen", listen(fd, 4));
  int client = check_fd("socket", socket(family, SOCK_STREAM, 0));
  n = loopback(family, 81);
  check("connect to nobody", connect(client, sa(&n), n.length));
  int udp = check_fd("datagram socket", socket(family, SOCK_DGRAM, 0));
  check("sendto nobody", sendto(udp, "x", 1, 0, sa(&n), n.length));
  close(udp);
  close(client);
  close(fd);
}

int main(int count, char **arguments) {
  if (count < 2) {
    use("now", AF_INET);
    use("now", AF_INET6);
    check_fd("a unix socket", socket(AF_UNIX, SOCK_STREAM, 0));
    say("end");
    return 0;
  }
  struct pair p = stream_pair(AF_INET), d = datagram_pair(AF_INET6);
  int server = listener(AF_INET);
  char command[512], bytes[8];
  snprintf(command, sizeof command, "rm -r \"%s\"", getenv("SOCKET_WRAPPER_DIR"));
  must(strcmp(arguments[1], "delete") == 0 && system(command) == 0);
  check("an open connection, send", send(p.client, "still", 5, 0));
  check("an open connection, recv", recv(p.server, bytes, sizeof bytes, 0));
  check("connected datagrams, send", send(d.client, "dg", 2, 0));
  check("connected datagrams, recv", recv(d.server, bytes, sizeof bytes, 0));
  say_local("a listener", server);
  struct name at = local_of(server);
  int late = socket(AF_INET, SOCK_STREAM, 0);
  check("connect to the listener", connect(late, sa(&at), at.length));
  close(late);
  close(server);
  use("after", AF_INET);
  close_pair(p);
  close_pair(d);
  say("end");
}
