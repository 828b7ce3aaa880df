/* SPDX-License-Identifier: MIT
 * IPV6_V6ONLY can be set until a socket has a port, and what it is then decides. */
#include "transcript.h"

static const struct sockaddr none = {.sa_family = AF_UNSPEC};

static void try(const char *what, int fd) {
  int value = -1, results[2], errors[2];
  socklen_t length = sizeof value;
  for (int on = 0; on < 2; on++) {
    results[on] = setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    errors[on] = errno;
  }
  must(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, &length) == 0);
  say("%s: off %s, on %s: %d", what, results[0] < 0 ? strerrorname_np(errors[0]) : "0", results[1] < 0 ? strerrorname_np(errors[1]) : "0",
      value);
}

static int fresh(int type) { return socket(AF_INET6, type | SOCK_CLOEXEC, 0); }

static void bound_at(int type, const char *address) {
  int fd = fresh(type);
  struct name at = name_of(AF_INET6, address, 0);
  char what[64];
  snprintf(what, sizeof what, "bound to %s", address);
  check(what, bind(fd, sa(&at), at.length));
  try(what, fd);
  if (type == SOCK_STREAM) {
    must(listen(fd, 1) == 0);
    try("listening", fd);
  }
  close(fd);
  fd = fresh(type);
  must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int)) == 0);
  snprintf(what, sizeof what, "bound to %s, of IPv6 only", address);
  check(what, bind(fd, sa(&at), at.length));
  close(fd);
}

static void run(int type) {
  say(type == SOCK_STREAM ? "streams" : "datagrams");
  int fd = fresh(type), server = bound(AF_INET6, type, "server"), server4 = bound(AF_INET, type, "server4");
  try("fresh", fd);
  close(fd);
  fd = fresh(type);
  check("short", setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, 3));
  check("on a socket of IPv4", setsockopt(server4, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int)));
  close(fd);
  const char *addresses[] = {"::", "::1", "::ffff:127.0.0.1", "::ffff:0.0.0.0"};
  for (int i = 0; i < 4; i++) bound_at(type, addresses[i]);

  struct name to = local_of(server), to4 = local_of(server4), mapped = name_of(AF_INET6, "::ffff:127.0.0.1", name_port_of(&to4));
  if (type == SOCK_STREAM) must(listen(server, 8) == 0 && listen(server4, 8) == 0);
  fd = fresh(type);
  check("connect", connect(fd, sa(&to), to.length));
  try("connected", fd);
  check("disconnect", connect(fd, &none, sizeof none));
  try("disconnected", fd);
  close(fd);
  fd = fresh(type);
  check("connect to IPv4", connect(fd, sa(&mapped), mapped.length));
  try("connected to IPv4", fd);
  close(fd);
  fd = fresh(type);
  must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &(int){1}, sizeof(int)) == 0);
  check("connect to IPv4, of IPv6 only", connect(fd, sa(&mapped), mapped.length));
  try("not connected", fd);
  struct name own = local_of(fd);
  say("has a port: %d", name_port_of(&own) != 0);
  close(fd);
  if (type == SOCK_DGRAM) {
    fd = fresh(type);
    check("sendto", sendto(fd, "x", 1, 0, sa(&to), to.length));
    try("has sent", fd);
    close(fd);
  } else {
    close(server);
    fd = fresh(type);
    check("connect to nobody", connect(fd, sa(&to), to.length));
    try("refused", fd);
    close(fd);
    fd = fresh(type);
    must(listen(fd, 1) == 0);
    try("listening without bind", fd);
    close(fd);
    server = -1;
  }
  close(server);
  close(server4);
}

int main(void) {
  run(SOCK_STREAM);
  transcript_port_count = 0;
  run(SOCK_DGRAM);
  say("end");
}
