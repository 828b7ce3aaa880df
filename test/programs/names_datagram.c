/* SPDX-License-Identifier: MIT
 * The names of a datagram socket through its life: fresh, after a send, bound, connected, disconnected. */
#include "transcript.h"

static void run(int family) {
  int server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server);
  int fd = socket(family, SOCK_DGRAM, 0);
  say_local("fresh", fd);
  say_peer("fresh", fd);
  check("sendto", sendto(fd, "a", 1, 0, sa(&to), to.length));
  struct name own = local_of(fd);
  name_port(name_port_of(&own), "auto");
  say("got a port: %d", name_port_of(&own) >= 32768);
  say_local("after a send", fd);
  say_peer("after a send", fd);
  check("connect", connect(fd, sa(&to), to.length));
  say_local("connected", fd);
  say_peer("connected", fd);
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  check("connect to AF_UNSPEC", connect(fd, &nobody, sizeof nobody));
  say_peer("disconnected", fd);
  close(fd);

  fd = socket(family, SOCK_DGRAM, 0);
  check("connect a fresh one", connect(fd, sa(&to), to.length));
  own = local_of(fd);
  name_port(name_port_of(&own), "auto");
  say_local("connected", fd);
  int other = bound(family, SOCK_DGRAM, "other");
  struct name to_other = local_of(other);
  check("connect again, elsewhere", connect(fd, sa(&to_other), to_other.length));
  say_local("connected elsewhere", fd);
  say_peer("connected elsewhere", fd);
  check("disconnect", connect(fd, &nobody, sizeof nobody));
  say_peer("disconnected", fd);
  check("send without a peer", send(fd, "x", 1, 0));
  close(fd);

  fd = socket(family, SOCK_DGRAM, 0);
  struct name any = any_address(family, 0);
  must(bind(fd, sa(&any), any.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "wide");
  say_local("bound to any", fd);
  check("connect", connect(fd, sa(&to), to.length));
  say_local("connected", fd);
  check("disconnect", connect(fd, &nobody, sizeof nobody));
  say_local("disconnected", fd);
  check("bind again", bind(fd, sa(&any), any.length));
  close(fd);

  fd = socket(family, SOCK_DGRAM, 0);
  struct name narrow = loopback(family, 0); /* a port of the kernel's choice, which a disconnect gives back */
  must(bind(fd, sa(&narrow), narrow.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "narrow");
  check("connect", connect(fd, sa(&to), to.length));
  check("disconnect", connect(fd, &nobody, sizeof nobody));
  say_local("bound to loopback, connected, disconnected", fd);
  struct name zero = loopback(family, 0);
  check("connect to port 0", connect(fd, sa(&zero), zero.length));
  check("short length", connect(fd, sa(&to), 8));
  struct name wrong = loopback(family == AF_INET ? AF_INET6 : AF_INET, 9);
  check("other family", connect(fd, sa(&wrong), wrong.length));
  close(fd);
  close(other);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
