/* SPDX-License-Identifier: MIT
 * The names of a datagram socket through its life: fresh, after a send, bound, connected, disconnected. */
#include <sys/epoll.h>

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
  say_local("disconnected", fd);
  say_peer("disconnected", fd);
  check("sendto", sendto(fd, "b", 1, 0, sa(&to), to.length));
  struct name again = local_of(fd);
  say("got a port again: %d", name_port_of(&again) >= 32768);
  name_port(name_port_of(&again), "again");
  char bytes[4];
  struct name from = {.length = sizeof from.at};
  check("the first comes", recvfrom(server, bytes, sizeof bytes, 0, sa(&from), &from.length));
  from.length = sizeof from.at;
  check("the second comes", recvfrom(server, bytes, sizeof bytes, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  check("answer", sendto(server, "c", 1, 0, sa(&from), from.length));
  check("comes", recv(fd, bytes, sizeof bytes, 0));
  check("disconnect one that never was connected", connect(fd, &nobody, sizeof nobody));
  say_local("disconnected", fd);
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
  say_local("disconnected", fd);
  int copy = dup(fd), waiting = epoll_create1(EPOLL_CLOEXEC), on = 1, value = -1;
  socklen_t length = sizeof value;
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7}, ready;
  must(epoll_ctl(waiting, EPOLL_CTL_ADD, fd, &event) == 0);
  must(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  must(setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
  check("connect", connect(copy, sa(&to), to.length));
  say_local("connected", fd);
  check("disconnect", connect(fd, &nobody, sizeof nobody));
  say_local("disconnected, the copy", copy);
  check("connect", connect(copy, sa(&to), to.length));
  must(getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &value, &length) == 0);
  say("still allowed to broadcast %d, not blocking %d", value, (fcntl(copy, F_GETFL) & O_NONBLOCK) != 0);
  must(getsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &value, &length) == 0);
  say("and has times %d", value);
  again = local_of(fd);
  must(sendto(server, "d", 1, 0, sa(&again), again.length) == 1);
  check("epoll hears the answer", epoll_wait(waiting, &ready, 1, 1000));
  check("and of the same number", ready.data.u32);
  check("recv", recv(copy, bytes, sizeof bytes, 0));
  close(waiting);
  close(copy);
  check("disconnect", connect(fd, &nobody, sizeof nobody));
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
  must(bind(fd, sa(&any), any.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "unread");
  to_other = loopback(family, name_port_of(&own));
  must(sendto(server, "e", 1, 0, sa(&to_other), to_other.length) == 1);
  check("disconnect one with an unread datagram", connect(fd, &nobody, sizeof nobody));
  say_local("with an unread datagram, disconnected", fd);
  check("recv of it", recv(fd, bytes, sizeof bytes, 0));
  close(fd);

  fd = socket(family, SOCK_DGRAM, 0);
  must(bind(fd, sa(&any), any.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "shared");
  pid_t child = fork();
  if (child == 0) _exit(connect(fd, &nobody, sizeof nobody) == 0 ? 0 : 1);
  say("a child disconnects: %d", end_of(child));
  say_local("shared, disconnected", fd);
  close(fd);

  fd = socket(family, SOCK_DGRAM, 0);
  struct name narrow = loopback(family, 0); /* a port of the kernel's choice, which a disconnect gives back */
  must(bind(fd, sa(&narrow), narrow.length) == 0);
  own = local_of(fd);
  name_port(name_port_of(&own), "narrow");
  check("connect", connect(fd, sa(&to), to.length));
  check("disconnect", connect(fd, &nobody, sizeof nobody));
  say_local("bound to loopback, connected, disconnected", fd);
  check("sendto", sendto(fd, "f", 1, 0, sa(&to), to.length));
  own = local_of(fd);
  name_port(name_port_of(&own), "narrow again");
  say_local("after a send", fd);
  check("disconnect", connect(fd, &nobody, sizeof nobody));
  check("bind to any", bind(fd, sa(&any), any.length));
  own = local_of(fd);
  name_port(name_port_of(&own), "moved");
  say_local("bound anew", fd);
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
