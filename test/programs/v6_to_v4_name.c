/* SPDX-License-Identifier: MIT
 * IPv6 sockets that are given IPv4 addresses, mapped or plain: which work, which do not, and how the names look. */
#include "transcript.h"

static void datagram(const char *what, int client, int server, struct name to) {
  struct name from = {.length = sizeof from.at};
  char byte;
  if (check(what, sendto(client, "x", 1, 0, sa(&to), to.length)) < 0) return;
  check("  arrives", recvfrom(server, &byte, 1, 0, sa(&from), &from.length));
  from.length = from.length == sizeof(struct sockaddr_in) ? from.length : 0;
  say("  from an IPv4 address %d", from.length != 0);
}

int main(void) {
  int server = bound(AF_INET, SOCK_DGRAM, "server"), on = 1;
  struct name at = local_of(server), mapped = name_of(AF_INET6, "::ffff:127.0.0.1", name_port_of(&at));
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  datagram("fresh, mapped", fd, server, mapped);
  datagram("fresh, plain", fd, server, at);
  check("connect to plain", connect(fd, sa(&at), at.length));
  say_peer("connected", fd);
  struct name own = local_of(fd);
  name_port(name_port_of(&own), "client");
  say_local("connected", fd);
  close(fd);
  fd = socket(AF_INET6, SOCK_DGRAM, 0);
  struct name any = any_address(AF_INET6, 0);
  must(bind(fd, sa(&any), any.length) == 0);
  datagram("bound to any, mapped", fd, server, mapped);
  datagram("bound to any, plain", fd, server, at);
  close(fd);
  fd = socket(AF_INET6, SOCK_DGRAM, 0);
  must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
  check("only IPv6, mapped", sendto(fd, "x", 1, 0, sa(&mapped), mapped.length));
  check("only IPv6, plain", sendto(fd, "x", 1, 0, sa(&at), at.length));
  check("only IPv6, connect to mapped", connect(fd, sa(&mapped), mapped.length));
  check("only IPv6, connect to plain", connect(fd, sa(&at), at.length));
  close(fd);
  struct name six = loopback(AF_INET6, 9);
  check("IPv4 socket to an IPv6 address", sendto(server, "x", 1, 0, sa(&six), six.length));
  check("IPv4 socket, connect to it", connect(server, sa(&six), six.length));
  check("short", sendto(server, "x", 1, 0, sa(&at), 8));
  struct name zero = loopback(AF_INET, 0);
  check("port 0", sendto(server, "x", 1, 0, sa(&zero), zero.length));
  struct name to_any = any_address(AF_INET, name_port_of(&at));
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  check("the any address means this host", sendto(fd, "x", 1, 0, sa(&to_any), to_any.length));
  char byte;
  check("  arrives", recv(server, &byte, 1, 0));
  close(fd);
  close(server);

  int listening = listener(AF_INET);
  at = local_of(listening);
  fd = socket(AF_INET6, SOCK_STREAM, 0);
  check("stream to plain", connect(fd, sa(&at), at.length));
  mapped = name_of(AF_INET6, "::ffff:127.0.0.1", name_port_of(&at));
  check("stream to mapped", connect(fd, sa(&mapped), mapped.length));
  say_peer("stream", fd);
  close(fd);
  close(listening);
  say("end");
}
