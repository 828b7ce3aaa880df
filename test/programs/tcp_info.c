/* SPDX-License-Identifier: MIT
 * TCP_INFO: the state of a socket through its life, and short buffers. */
#include "transcript.h"

static const char *state_of(int fd) {
  static const char *names[] = {"?",         "ESTABLISHED", "SYN_SENT",   "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2",
                                "TIME_WAIT", "CLOSE",       "CLOSE_WAIT", "LAST_ACK", "LISTEN",    "CLOSING"};
  struct tcp_info info;
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0) return strerrorname_np(errno);
  must(length == sizeof info);
  return names[info.tcpi_state];
}

static void run(int family) {
  int fd = socket(family, SOCK_STREAM, 0);
  say("fresh: %s", state_of(fd));
  close(fd);
  int server = bound(family, SOCK_STREAM, "server");
  say("bound: %s", state_of(server));
  must(listen(server, 4) == 0);
  say("listening: %s", state_of(server));
  int client = connected_to(server), accepted = accept(server, NULL, NULL);
  say("connected: %s", state_of(client));
  say("accepted: %s", state_of(accepted));
  unsigned char bytes[1024];
  for (socklen_t given = 0; given < 110; given += 13) {
    memset(bytes, 0xee, sizeof bytes);
    socklen_t length = given;
    int result = getsockopt(client, IPPROTO_TCP, TCP_INFO, bytes, &length);
    say("room for %u: %s, told %u, beyond untouched %d", given, result ? strerrorname_np(errno) : "ok", length, bytes[given] == 0xee);
  }
  socklen_t length = sizeof bytes;
  check("more room than needed", getsockopt(client, IPPROTO_TCP, TCP_INFO, bytes, &length));
  say("told at least the classic 104 bytes: %d", length >= 104);
  check("set it", setsockopt(client, IPPROTO_TCP, TCP_INFO, bytes, length));
  int udp = socket(family, SOCK_DGRAM, 0);
  length = sizeof bytes;
  check("of a datagram socket", getsockopt(udp, IPPROTO_TCP, TCP_INFO, bytes, &length));
  close(udp);
  must(shutdown(client, SHUT_WR) == 0);
  wait_for(accepted, POLLRDHUP);
  say("the peer shut down writing: %s", state_of(accepted));
  say("shut down writing: %.8s", state_of(client)); /* FIN_WAIT1 or, once acknowledged, FIN_WAIT2 */
  must(shutdown(accepted, SHUT_WR) == 0);
  wait_for(client, POLLRDHUP);
  say("both, the first: %s", state_of(client));
  wait_for(accepted, POLLHUP);
  say("both, the last: %s", state_of(accepted));
  close(client);
  close(accepted);
  close(server);
  struct pair p = stream_pair(family);
  must(shutdown(p.client, SHUT_RD) == 0);
  say("shut down reading: %s", state_of(p.client));
  close(p.client);
  wait_for(p.server, POLLRDHUP);
  say("the peer closed: %s", state_of(p.server));
  must(send(p.server, "x", 1, 0) == 1);
  wait_for(p.server, POLLHUP);
  say("and heard from it: %s", state_of(p.server));
  close(p.server);
  p = stream_pair(family);
  must(shutdown(p.client, SHUT_RDWR) == 0);
  wait_for(p.server, POLLRDHUP);
  must(shutdown(p.server, SHUT_WR) == 0);
  wait_for(p.server, POLLHUP);
  say("shut down both ways, then the peer did: %s", state_of(p.client));
  check("shutdown again", shutdown(p.client, SHUT_RDWR));
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
