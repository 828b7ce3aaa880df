/* SPDX-License-Identifier: MIT
 * No ephemeral port is left: of a few, which IP_LOCAL_PORT_RANGE allows, all are held by live sockets. Each call says it in its own way, and goes
 * on when one is free again; a port that is given explicitly is not asked for the range. */
#include "transcript.h"

#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
enum { FIRST = 45000, COUNT = 4, MOST = 50000 };

static unsigned first;

static int make(int family, int type) {
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  unsigned range = first | (first + COUNT - 1) << 16;
  must(fd >= 0 && setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &range, sizeof range) == 0);
  return fd;
}

/* Ports that nobody has. */
static void find_range(void) {
  int found = 0;
  for (first = FIRST + (unsigned)getpid() % 64 * 64; found < COUNT; found++) {
    must(first < MOST);
    if (nobody_has((int)first + found)) continue;
    first += (unsigned)found + 1;
    found = -1;
  }
}

static int bind_any_port(const char *what, int family, int type) {
  int fd = make(family, type);
  struct name at = loopback(family, 0);
  check(what, bind(fd, sa(&at), at.length));
  at = local_of(fd);
  unsigned port = (unsigned)name_port_of(&at);
  if (port) say("  of the range: %d", port >= first && port < first + COUNT);
  return fd;
}

static void binds(int family, int type) {
  int held[COUNT];
  for (int i = 0; i < COUNT; i++) held[i] = bind_any_port("bind", family, type);
  close(bind_any_port("bind, none left", family, type));
  int fd = make(family, type);
  if (type == SOCK_STREAM) {
    check("listen, none left", listen(fd, 4));
    say_local("it", fd);
    int on = 1;
    must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    check("listen with SO_REUSEADDR", listen(fd, 4));
  } else {
    struct name to = local_of(held[0]);
    check("sendto, none left", sendto(fd, "x", 1, 0, sa(&to), to.length));
    check("connect, none left", connect(fd, sa(&to), to.length));
    say_local("it", fd);
  }
  close(held[1]);
  struct name at = loopback(family, 0);
  check("one is free again", bind(fd, sa(&at), at.length));
  close(fd);
  int other = type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM;
  close(bind_any_port("of the other type", family, other));
  close(bind_any_port("and again", family, type));
  fd = make(family, type);
  at = loopback(family, own_port());
  check("outside of the range", bind(fd, sa(&at), at.length));
  close(fd);
  for (int i = 0; i < COUNT; i++)
    if (i != 1) close(held[i]);
}

static void connects(int family, int type) {
  int held[COUNT], server = bound(family, type, "server");
  if (type == SOCK_STREAM) must(listen(server, 16) == 0);
  struct name to = local_of(server);
  for (int i = 0; i < COUNT; i++) {
    held[i] = make(family, type);
    check("connect", connect(held[i], sa(&to), to.length));
  }
  int fd = make(family, type);
  check("connect, none left", connect(fd, sa(&to), to.length));
  say_local("it", fd);
  say_peer("it", fd);
  close(fd);
  /* Reset, so that no TIME_WAIT is left. */
  struct linger reset = {.l_onoff = 1};
  for (int i = 0; i < COUNT; i++) {
    must(setsockopt(held[i], SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
    close(held[i]);
  }
  fd = make(family, type);
  check("all are free again", connect(fd, sa(&to), to.length));
  must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
  close(fd);
  close(server);
}

static void option(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  unsigned ranges[] = {0, 40000, 40000u << 16, 40000 | 40010u << 16, 40010 | 40000u << 16, 80 | 90u << 16}, value;
  for (unsigned i = 0; i < sizeof ranges / sizeof *ranges; i++) {
    socklen_t length = sizeof value;
    check("set", setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &ranges[i], sizeof ranges[i]));
    must(getsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &value, &length) == 0);
    say("  %u to %u", value & 0xffff, value >> 16);
  }
  check("short", setsockopt(fd, IPPROTO_IP, IP_LOCAL_PORT_RANGE, &value, 2));
  struct name at = loopback(AF_INET, 0);
  must(bind(fd, sa(&at), at.length) == 0);
  at = local_of(fd);
  say("a range outside of the machine's counts for nothing: %d", name_port_of(&at) > 90);
  close(fd);
}

int main(void) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM}, families[] = {AF_INET, AF_INET6};
  leave_others();
  option();
  find_range();
  for (int f = 0; f < 2; f++)
    for (int t = 0; t < 2; t++) {
      say("IPv%d, %s", f ? 6 : 4, t ? "datagrams" : "streams");
      binds(families[f], types[t]);
      connects(families[f], types[t]);
    }
  say("end");
}
