/* SPDX-License-Identifier: MIT
 * The options that real programs use: untouched, set, read back; with every length. */
#include "transcript.h"

struct row {
  const char *name;
  int level, number, value;
};
#define ROW(level, number, value) \
  {                               \
#number, level, number, value \
  }
static const struct row stream_rows[] = {
    ROW(SOL_SOCKET, SO_REUSEADDR, 1),   ROW(SOL_SOCKET, SO_REUSEPORT, 1),  ROW(SOL_SOCKET, SO_KEEPALIVE, 1),
    ROW(SOL_SOCKET, SO_OOBINLINE, 1),   ROW(SOL_SOCKET, SO_DONTROUTE, 1),  ROW(SOL_SOCKET, SO_PRIORITY, 3),
    ROW(SOL_SOCKET, SO_RCVLOWAT, 2),    ROW(SOL_SOCKET, SO_TIMESTAMP, 1),  ROW(IPPROTO_TCP, TCP_NODELAY, 1),
    ROW(IPPROTO_TCP, TCP_NODELAY, 2),   ROW(IPPROTO_TCP, TCP_CORK, 1),     ROW(IPPROTO_TCP, TCP_KEEPIDLE, 30),
    ROW(IPPROTO_TCP, TCP_KEEPINTVL, 7), ROW(IPPROTO_TCP, TCP_KEEPCNT, 4),  ROW(IPPROTO_TCP, TCP_USER_TIMEOUT, 12345),
    ROW(IPPROTO_TCP, TCP_QUICKACK, 0),  ROW(IPPROTO_TCP, TCP_KEEPIDLE, 0), ROW(IPPROTO_TCP, TCP_KEEPCNT, 1000),
};
static const struct row datagram_rows[] = {
    ROW(SOL_SOCKET, SO_REUSEADDR, 1), ROW(SOL_SOCKET, SO_REUSEPORT, 1), ROW(SOL_SOCKET, SO_BROADCAST, 1),
    ROW(SOL_SOCKET, SO_KEEPALIVE, 1), ROW(SOL_SOCKET, SO_TIMESTAMP, 1),
};
static const struct row v4_rows[] = {
    ROW(IPPROTO_IP, IP_TOS, 16),           ROW(IPPROTO_IP, IP_TTL, 7),        ROW(IPPROTO_IP, IP_TTL, 0),
    ROW(IPPROTO_IP, IP_TTL, 256),          ROW(IPPROTO_IP, IP_PKTINFO, 1),    ROW(IPPROTO_IP, IP_MULTICAST_TTL, 3),
    ROW(IPPROTO_IP, IP_MULTICAST_LOOP, 0), ROW(IPPROTO_IPV6, IPV6_V6ONLY, 1),
};
static const struct row v6_rows[] = {
    ROW(IPPROTO_IPV6, IPV6_V6ONLY, 1),  ROW(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 9), ROW(IPPROTO_IPV6, IPV6_UNICAST_HOPS, 256),
    ROW(IPPROTO_IPV6, IPV6_TCLASS, 32), ROW(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1),
};

static void table(int fd, const struct row *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    const struct row *r = &rows[i];
    int before = -7, after = -7;
    socklen_t length = sizeof before;
    int got = getsockopt(fd, r->level, r->number, &before, &length);
    if (got < 0) say("%s: get %s", r->name, strerrorname_np(errno));
    int set = setsockopt(fd, r->level, r->number, &r->value, sizeof r->value);
    const char *error = set < 0 ? strerrorname_np(errno) : "ok";
    length = sizeof after;
    if (got == 0) must(getsockopt(fd, r->level, r->number, &after, &length) == 0);
    say("%s: %d, set to %d %s, %d (%u bytes)", r->name, before, r->value, error, after, length);
  }
}

static void lengths(int fd, int level, int number, const char *name) {
  for (socklen_t given = 0; given <= 8; given++) {
    unsigned char bytes[16];
    memset(bytes, 0xee, sizeof bytes);
    socklen_t length = given;
    int result = getsockopt(fd, level, number, bytes, &length);
    say("%s get with %u: %s, told %u, %02x%02x%02x%02x%02x", name, given, result ? strerrorname_np(errno) : "ok", length, bytes[0],
        bytes[1], bytes[2], bytes[3], bytes[4]);
    result = setsockopt(fd, level, number, &(int){1}, given);
    say("%s set with %u: %s", name, given, result ? strerrorname_np(errno) : "ok");
  }
  check("get, length -1", getsockopt(fd, level, number, &(int){0}, &(socklen_t){(socklen_t)-1}));
  check("set, length -1", setsockopt(fd, level, number, &(int){1}, (socklen_t)-1));
  check("get, no length", getsockopt(fd, level, number, &(int){0}, NULL));
  check("set, no value", setsockopt(fd, level, number, NULL, 4));
}

static void run(int family) {
  int stream = socket(family, SOCK_STREAM, 0), datagram = socket(family, SOCK_DGRAM, 0);
  table(stream, stream_rows, sizeof stream_rows / sizeof *stream_rows);
  table(datagram, datagram_rows, sizeof datagram_rows / sizeof *datagram_rows);
  for (int i = 0; i < 2; i++) {
    int fd = i ? datagram : stream;
    if (family == AF_INET)
      table(fd, v4_rows, sizeof v4_rows / sizeof *v4_rows);
    else
      table(fd, v6_rows, sizeof v6_rows / sizeof *v6_rows);
  }
  lengths(stream, SOL_SOCKET, SO_REUSEADDR, "SO_REUSEADDR");
  lengths(stream, SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT");
  lengths(stream, SOL_SOCKET, SO_TYPE, "SO_TYPE");
  lengths(stream, IPPROTO_TCP, TCP_NODELAY, "TCP_NODELAY");
  lengths(stream, IPPROTO_TCP, TCP_KEEPIDLE, "TCP_KEEPIDLE");
  if (family == AF_INET)
    lengths(datagram, IPPROTO_IP, IP_TTL, "IP_TTL");
  else
    lengths(datagram, IPPROTO_IPV6, IPV6_V6ONLY, "IPV6_V6ONLY");
  close(stream);
  close(datagram);
}

int main(void) {
  each_family(run);
  say("end");
}
