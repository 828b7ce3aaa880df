/* SPDX-License-Identifier: MIT
 * Sockets of other families are the kernel's own: unix, netlink, socketpairs. */
#include <linux/netlink.h>

#include "transcript.h"

int main(void) {
  char directory[] = "/tmp/unix-XXXXXX", bytes[16];
  must(mkdtemp(directory) && chdir(directory) == 0);
  struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "T010050"}, back;
  socklen_t length = sizeof back;
  int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  check("bind", bind(server, (struct sockaddr *)&at, sizeof at));
  check("listen", listen(server, 4));
  check("connect", connect(client, (struct sockaddr *)&at, sizeof at));
  int accepted = check_fd("accept", accept(server, (struct sockaddr *)&back, &length));
  say("peer: family %d, %u bytes", back.sun_family, length);
  length = sizeof back;
  must(getsockname(accepted, (struct sockaddr *)&back, &length) == 0);
  say("local: family %d, %s", back.sun_family, back.sun_path);
  check("send", send(client, "x", 1, 0));
  check("recv", recv(accepted, bytes, sizeof bytes, 0));
  int value = -1;
  length = sizeof value;
  must(getsockopt(client, SOL_SOCKET, SO_DOMAIN, &value, &length) == 0);
  say("SO_DOMAIN %d", value);
  check("TCP_NODELAY", setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
  struct ucred who;
  length = sizeof who;
  must(getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0);
  say("SO_PEERCRED is me %d", who.pid == getpid());
  struct name inet = loopback(AF_INET, 9);
  check("connect to an inet address", connect(socket(AF_UNIX, SOCK_STREAM, 0), sa(&inet), inet.length));
  int datagram = socket(AF_UNIX, SOCK_DGRAM, 0);
  at = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "\0unix-untouched"};
  check("sendto nobody", sendto(datagram, "x", 1, 0, (struct sockaddr *)&at, sizeof at));
  int pair[2];
  check("socketpair", socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
  check("send", send(pair[0], "packet", 6, 0));
  check("recv", recv(pair[1], bytes, sizeof bytes, 0));
  int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct sockaddr_nl nl = {.nl_family = AF_NETLINK};
  check("netlink bind", bind(netlink, (struct sockaddr *)&nl, sizeof nl));
  check("unlink", unlink("T010050"));
  must(chdir("/") == 0 && rmdir(directory) == 0);
  say("end");
}
