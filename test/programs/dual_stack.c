/* SPDX-License-Identifier: MIT
 * An IPv6 socket bound to `::` answers IPv4 as well, with mapped addresses; with IPV6_V6ONLY it does not. */
#include "transcript.h"

static int v6(int type, int only, struct name at) {
  int fd = socket(AF_INET6, type, 0);
  must(fd >= 0 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0);
  must(bind(fd, sa(&at), at.length) == 0);
  if (type == SOCK_STREAM) must(listen(fd, 8) == 0);
  return fd;
}

static void stream(void) {
  int server = v6(SOCK_STREAM, 0, any_address(AF_INET6, 0));
  struct name n = local_of(server);
  int port = name_port_of(&n);
  name_port(port, "server");
  int families[] = {AF_INET, AF_INET6};
  for (int i = 0; i < 2; i++) {
    struct name to = loopback(families[i], port);
    int client = socket(families[i], SOCK_STREAM, 0);
    check(i ? "IPv6 client" : "IPv4 client", connect(client, sa(&to), to.length));
    struct name own = local_of(client), from = {.length = sizeof from.at};
    name_port(name_port_of(&own), "client");
    int accepted = accept(server, sa(&from), &from.length);
    say("accepted from %s", text(&from));
    say_local("accepted", accepted);
    say_peer("accepted", accepted);
    say_local("client", client);
    say_peer("client", client);
    char byte = 0;
    check("client sends", send(client, "q", 1, 0));
    check("server reads", read(accepted, &byte, 1));
    close(client);
    close(accepted);
  }
  struct name mapped = name_of(AF_INET6, "::ffff:127.0.0.1", port);
  int client = socket(AF_INET6, SOCK_STREAM, 0);
  check("IPv6 socket to the mapped address", connect(client, sa(&mapped), mapped.length));
  struct name own = local_of(client);
  name_port(name_port_of(&own), "client");
  say_local("client", client);
  say_peer("client", client);
  close(client);
  int v4 = socket(AF_INET, SOCK_STREAM, 0);
  struct name same = any_address(AF_INET, port);
  check("IPv4 any, same port, beside it", bind(v4, sa(&same), same.length));
  close(v4);
  close(server);
  v4 = bound(AF_INET, SOCK_STREAM, "v4");
  must(listen(v4, 4) == 0);
  struct name v4_at = local_of(v4), to = name_of(AF_INET6, "::ffff:127.0.0.1", name_port_of(&v4_at));
  client = socket(AF_INET6, SOCK_STREAM, 0);
  check("IPv6 socket to an IPv4 listener", connect(client, sa(&to), to.length));
  say_peer("client", client);
  close(client);
  close(v4);
}

static void v6_only(int type) {
  int server = v6(type, 1, any_address(AF_INET6, own_port())); /* a port that IPv4 has nothing on, not even in TIME_WAIT */
  struct name n = local_of(server);
  int port = name_port_of(&n);
  int v4 = socket(AF_INET, type, 0);
  struct name same = any_address(AF_INET, port), to = loopback(AF_INET, port);
  if (type == SOCK_STREAM) {
    int client = socket(AF_INET, type, 0);
    check("IPv4 client of an IPv6-only server", connect(client, sa(&to), to.length));
    close(client);
  }
  check("IPv4 any, same port, beside an IPv6-only one", bind(v4, sa(&same), same.length));
  int client = socket(AF_INET6, type, 0), on = 1;
  must(setsockopt(client, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
  struct name mapped = name_of(AF_INET6, "::ffff:127.0.0.1", port);
  check("IPv6-only client to a mapped address", connect(client, sa(&mapped), mapped.length));
  close(client);
  close(v4);
  close(server);
}

static void datagram(void) {
  int server = v6(SOCK_DGRAM, 0, any_address(AF_INET6, 0));
  struct name n = local_of(server);
  int port = name_port_of(&n);
  int client = bound(AF_INET, SOCK_DGRAM, "client");
  struct name to = loopback(AF_INET, port), from = {.length = sizeof from.at};
  char byte;
  check("IPv4 datagram", sendto(client, "d", 1, 0, sa(&to), to.length));
  check("arrives", recvfrom(server, &byte, 1, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  check("answer", sendto(server, "r", 1, 0, sa(&from), from.length));
  from.length = sizeof from.at;
  check("arrives", recvfrom(client, &byte, 1, 0, sa(&from), &from.length));
  name_port(port, "server");
  say("from %s", text(&from));
  close(client);
  close(server);
}

int main(void) {
  stream();
  v6_only(SOCK_STREAM);
  v6_only(SOCK_DGRAM);
  datagram();
  int fd = bound(AF_INET6, SOCK_STREAM, "x"), on = 1;
  check("IPV6_V6ONLY after bind", setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on));
  close(fd);
  say("end");
}
