/* SPDX-License-Identifier: MIT
 * Options of TCP, IP and IPv6 that servers set: their standard values, their ranges, what is read back, what a connection has from its listener. */
#include "transcript.h"

static const int values[] = {0, 1, 2, 5, 100, 126, 128, 255, 256, 1500, 40000, -1, -2};

static void one(int fd, const char *name, int level, int number) {
  char line[512];
  int value = -7;
  socklen_t length = sizeof value;
  int size = getsockopt(fd, level, number, &value, &length) < 0 ? snprintf(line, sizeof line, "%s", strerrorname_np(errno))
                                                                : snprintf(line, sizeof line, "%d", value);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    const char *set = setsockopt(fd, level, number, &values[i], sizeof values[i]) < 0 ? strerrorname_np(errno) : "ok";
    length = sizeof value;
    must(getsockopt(fd, level, number, &value, &length) == 0);
    size += snprintf(line + size, sizeof line - (size_t)size, ", %d %s %d", values[i], set, value);
  }
  say("%s: %s", name, line);
}
#define ONE(level, number) one(fd, #number, level, number)

static void common(int fd, int family) {
  ONE(IPPROTO_IP, IP_TOS);
  ONE(IPPROTO_IP, IP_TTL);
  ONE(IPPROTO_IP, IP_MTU_DISCOVER);
  ONE(IPPROTO_IP, IP_RECVERR);
  ONE(IPPROTO_IP, IP_FREEBIND);
  ONE(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
  ONE(IPPROTO_IP, IP_RECVOPTS);
  ONE(IPPROTO_IP, IP_RETOPTS);
  ONE(IPPROTO_IP, IP_MINTTL);
  if (family == AF_INET) return;
  ONE(IPPROTO_IPV6, IPV6_TCLASS);
  ONE(IPPROTO_IPV6, IPV6_UNICAST_HOPS);
  ONE(IPPROTO_IPV6, IPV6_MTU_DISCOVER);
  ONE(IPPROTO_IPV6, IPV6_RECVERR);
  ONE(IPPROTO_IPV6, IPV6_FREEBIND);
  ONE(IPPROTO_IPV6, IPV6_DONTFRAG);
  ONE(IPPROTO_IPV6, IPV6_MINHOPCOUNT);
}

static void run(int family) {
  int fd = socket(family, SOCK_STREAM, 0);
  ONE(IPPROTO_TCP, TCP_NODELAY);
  ONE(IPPROTO_TCP, TCP_KEEPIDLE);
  ONE(IPPROTO_TCP, TCP_KEEPINTVL);
  ONE(IPPROTO_TCP, TCP_KEEPCNT);
  ONE(IPPROTO_TCP, TCP_SYNCNT);
  ONE(IPPROTO_TCP, TCP_LINGER2);
  ONE(IPPROTO_TCP, TCP_DEFER_ACCEPT);
  ONE(IPPROTO_TCP, TCP_WINDOW_CLAMP);
  ONE(IPPROTO_TCP, TCP_QUICKACK);
  ONE(IPPROTO_TCP, TCP_USER_TIMEOUT);
  ONE(IPPROTO_TCP, TCP_FASTOPEN);
  ONE(IPPROTO_TCP, TCP_NOTSENT_LOWAT);
  ONE(IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS);
  common(fd, family);
  int unset = 536;
  socklen_t length = sizeof unset;
  check("TCP_MAXSEG 10", setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &(int){10}, sizeof(int)));
  check("TCP_MAXSEG 40000", setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &(int){40000}, sizeof(int)));
  must(getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &unset, &length) == 0);
  say("TCP_MAXSEG %d", unset);
  check("SO_ZEROCOPY", setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &(int){1}, sizeof(int)));
  close(fd);
  fd = socket(family, SOCK_DGRAM, 0);
  common(fd, family);
  close(fd);
  int server = listener(family), value;
  must(setsockopt(server, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){16384}, sizeof(int)) == 0);
  must(setsockopt(server, IPPROTO_TCP, TCP_SYNCNT, &(int){3}, sizeof(int)) == 0);
  int client = connected_to(server), accepted = accept(server, NULL, NULL);
  length = sizeof value;
  must(getsockopt(accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &value, &length) == 0);
  say("inherited TCP_NOTSENT_LOWAT %d", value);
  must(getsockopt(accepted, IPPROTO_TCP, TCP_SYNCNT, &value, &length) == 0);
  say("inherited TCP_SYNCNT %d", value);
  close(client);
  close(accepted);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
