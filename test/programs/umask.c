/* SPDX-License-Identifier: MIT
 * A server that lets nobody at the files it makes, umask 0777, and is no root any more: its sockets are no files to anybody. */
#include "transcript.h"

#include <grp.h>

static void become(uid_t user) {
  gid_t group = user;
  if (geteuid() == 0) must(setgroups(1, &group) == 0 && setgid(user) == 0 && setuid(user) == 0);
}

static int listener_at(int family, struct name *at, int option) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  must(!option || setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0);
  check("bind", bind(fd, sa(at), at->length));
  check("listen", listen(fd, 8));
  return fd;
}

static void call(const char *who, int family, struct name *at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  say("%s calls", who);
  check("connect", connect(fd, sa(at), at->length));
  close(fd);
}

static void datagrams(int family, struct name *at, int count) {
  int server = socket(family, SOCK_DGRAM, 0), client = socket(family, SOCK_DGRAM, 0), got = 0, number;
  check("bind", bind(server, sa(at), at->length));
  for (int i = 0; i < count; i++) must(sendto(client, &i, sizeof i, 0, sa(at), at->length) == sizeof i);
  while (got < count && recv(server, &number, sizeof number, 0) == sizeof number && number == got) got++;
  say("%d of %d", got, count);
  check("connect", connect(client, sa(at), at->length));
  check("send", send(client, "hello", 5, 0));
  check("recv", recv(server, &number, sizeof number, MSG_TRUNC));
  close(server), close(client);
}

static void serve(int family, struct name *at, struct name *shared, struct name *udp, int ready, int go) {
  char byte;
  become(65534);
  umask(0777);
  int fd = listener_at(family, at, 0);
  call("the server", family, at);
  int first = listener_at(family, shared, SO_REUSEPORT), second = listener_at(family, shared, SO_REUSEPORT);
  close(first);
  call("the server", family, shared);
  datagrams(family, udp, 5);
  datagrams(family, udp, 60);
  struct name any = any_address(family, 0);
  close(listener_at(family, &any, 0));
  must(write(ready, "", 1) == 1 && read(go, &byte, 1) == 1);
  close(fd), close(second);
  close(listener_at(family, at, 0));
  exit(0);
}

static void run(int family) {
  struct name at = loopback(family, own_port()), shared = loopback(family, own_port()), udp = loopback(family, own_port());
  int ready[2], go[2];
  must(pipe(ready) == 0 && pipe(go) == 0);
  pid_t server = fork();
  if (server == 0) {
    alarm(20);
    serve(family, &at, &shared, &udp, ready[1], go[0]);
  }
  char byte;
  must(read(ready[0], &byte, 1) == 1);
  call("its parent", family, &at);
  call("its parent", family, &shared);
  must(write(go[1], "", 1) == 1);
  say("ended with %d", end_of(server));
  close(ready[0]), close(ready[1]), close(go[0]), close(go[1]);
}

/* Who hears IPv4 on a socket of IPv6 is not for the umask to say. */
static void dual_stack(void) {
  struct name any = any_address(AF_INET6, own_port()), at = loopback(AF_INET, name_port_of(&any));
  mode_t before = umask(0777);
  int server = listener_at(AF_INET6, &any, SO_REUSEPORT), receiver = socket(AF_INET6, SOCK_DGRAM, 0),
      client = socket(AF_INET, SOCK_DGRAM, 0);
  call("IPv4", AF_INET, &at);
  check("bind", bind(receiver, sa(&any), any.length));
  check("send", sendto(client, "x", 1, 0, sa(&at), at.length));
  check("recv", recv(receiver, &(char){0}, 1, 0));
  close(server), close(receiver), close(client);
  umask(before);
}

int main(void) {
  dual_stack();
  each_family(run);
  say("end");
}
