/* SPDX-License-Identifier: MIT
 * An IPv6 socket that has an IPv4 address: `::` is 127.0.0.1 to it, and ::1 is out of its reach. */
#include "transcript.h"

static struct name mapped(int port) { return name_of(AF_INET6, "::ffff:127.0.0.1", port); }

static int mapped_server(int type) {
  int fd = socket(AF_INET6, type, 0);
  struct name at = mapped(0);
  must(bind(fd, sa(&at), at.length) == 0);
  at = local_of(fd);
  name_port(name_port_of(&at), "server");
  return fd;
}

static void comes(int server) {
  char bytes[8];
  struct name from = {.length = sizeof from.at};
  check("  comes", recvfrom(server, bytes, sizeof bytes, MSG_DONTWAIT, sa(&from), &from.length));
  say("  from %s", text(&from));
}

static void datagrams(bool connects) {
  int server = mapped_server(SOCK_DGRAM), fd = socket(AF_INET6, SOCK_DGRAM, 0);
  struct name at = local_of(server), own = mapped(0);
  struct name any = any_address(AF_INET6, name_port_of(&at)), one = loopback(AF_INET6, name_port_of(&at));
  say(connects ? "UDP, connected" : "UDP, bound");
  must(connects ? connect(fd, sa(&at), at.length) == 0 : bind(fd, sa(&own), own.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "client");
  check("sendto ::", sendto(fd, "a", 1, 0, sa(&any), any.length));
  comes(server);
  check("sendto ::1", sendto(fd, "b", 1, 0, sa(&one), one.length));
  check("connect to ::1", connect(fd, sa(&one), one.length));
  say_peer("  then", fd);
  check("connect to ::", connect(fd, sa(&any), any.length));
  say_local("  then", fd);
  say_peer("  then", fd);
  check("send", send(fd, "c", 1, 0));
  comes(server);
  close(fd);
  close(server);
}

static void streams(void) {
  int server = mapped_server(SOCK_STREAM), fd = socket(AF_INET6, SOCK_STREAM, 0);
  struct name at = local_of(server), own = mapped(0);
  struct name any = any_address(AF_INET6, name_port_of(&at)), one = loopback(AF_INET6, name_port_of(&at));
  say("TCP");
  must(listen(server, 4) == 0 && bind(fd, sa(&own), own.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "client");
  check("connect to ::1", connect(fd, sa(&one), one.length));
  check("connect to ::", connect(fd, sa(&any), any.length));
  say_local("  then", fd);
  say_peer("  then", fd);
  close(fd);
  close(server);
}

/* Whatever becomes of it, a connect of UDP chooses a port first. */
static void refused(void) {
  int fd = socket(AF_INET6, SOCK_DGRAM, 0);
  struct name to = mapped(9), own;
  must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int)) == 0);
  check("IPv6 only, to an IPv4 address", connect(fd, sa(&to), to.length));
  own = local_of(fd);
  say("  has a port: %d", name_port_of(&own) != 0);
  close(fd);
  fd = socket(AF_INET6, SOCK_DGRAM, 0);
  to = mapped(0);
  check("connect to port 0 of an IPv4 address", connect(fd, sa(&to), to.length));
  check("  send", send(fd, "x", 1, 0));
  close(fd);
}

int main(void) {
  datagrams(true);
  datagrams(false);
  streams();
  refused();
  say("end");
}
