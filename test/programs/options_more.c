/* SPDX-License-Identifier: MIT
 * Options with structures, read-only ones, unknown ones, wrong levels, wrong descriptors. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  struct linger linger = {1, 5}, linger_back;
  struct timeval limit = {0, 50000}, limit_back;
  socklen_t length = sizeof linger_back;
  check("SO_LINGER", setsockopt(p.client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  must(getsockopt(p.client, SOL_SOCKET, SO_LINGER, &linger_back, &length) == 0);
  say("%d %d", linger_back.l_onoff, linger_back.l_linger);
  linger.l_onoff = 0;
  must(setsockopt(p.client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0);
  check("SO_RCVTIMEO", setsockopt(p.client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit));
  check("SO_SNDTIMEO", setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit));
  length = sizeof limit_back;
  must(getsockopt(p.client, SOL_SOCKET, SO_RCVTIMEO, &limit_back, &length) == 0);
  say("more than 40 ms %d, less than 100 ms %d", limit_back.tv_usec >= 40000, limit_back.tv_usec <= 100000);
  char bytes[8];
  check("recv runs out of time", recv(p.client, bytes, sizeof bytes, 0));
  int size = 40000, back = 0, before = 0;
  length = sizeof back;
  must(getsockopt(p.client, SOL_SOCKET, SO_RCVBUF, &before, &length) == 0);
  check("SO_RCVBUF", setsockopt(p.client, SOL_SOCKET, SO_RCVBUF, &size, sizeof size));
  must(getsockopt(p.client, SOL_SOCKET, SO_RCVBUF, &back, &length) == 0);
  say("had some %d, doubled %d", before > 1000, back == 80000);
  check("SO_SNDBUF", setsockopt(p.client, SOL_SOCKET, SO_SNDBUF, &size, sizeof size));
  must(getsockopt(p.client, SOL_SOCKET, SO_SNDBUF, &back, &length) == 0);
  say("doubled %d", back == 80000);
  int readable[] = {SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ACCEPTCONN, SO_ERROR};
  for (int i = 0; i < 5; i++) {
    must(getsockopt(p.server, SOL_SOCKET, readable[i], &back, &length) == 0);
    say("read-only: %d", back);
    check("set it", setsockopt(p.server, SOL_SOCKET, readable[i], &size, sizeof size));
  }
  check("an unknown option of SOL_SOCKET", getsockopt(p.client, SOL_SOCKET, 9999, &back, &length));
  check("set it", setsockopt(p.client, SOL_SOCKET, 9999, &back, sizeof back));
  check("an unknown option of TCP", getsockopt(p.client, IPPROTO_TCP, 9999, &back, &length));
  check("set it", setsockopt(p.client, IPPROTO_TCP, 9999, &back, sizeof back));
  check("an unknown level", getsockopt(p.client, 9999, 1, &back, &length));
  check("set it", setsockopt(p.client, 9999, 1, &back, sizeof back));
  char ip_options[200];
  length = sizeof ip_options;
  check("IP_OPTIONS, which came with no packet", getsockopt(p.server, IPPROTO_IP, IP_OPTIONS, ip_options, &length));
  say("%d bytes", (int)length);
  int udp = socket(family, SOCK_DGRAM, 0);
  check("TCP_NODELAY on UDP", getsockopt(udp, IPPROTO_TCP, TCP_NODELAY, &back, &length));
  check("set it", setsockopt(udp, IPPROTO_TCP, TCP_NODELAY, &size, sizeof size));
  close(udp);
  struct ucred who;
  length = sizeof who;
  check("SO_PEERCRED", getsockopt(p.client, SOL_SOCKET, SO_PEERCRED, &who, &length));
  say("%d %d %d", who.pid, (int)who.uid, (int)who.gid);
  uint64_t cookie = 0, other = 0;
  length = sizeof cookie;
  must(getsockopt(p.client, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0);
  must(getsockopt(p.server, SOL_SOCKET, SO_COOKIE, &other, &length) == 0);
  say("cookies differ %d", cookie && other && cookie != other);
  int fresh = socket(family, SOCK_STREAM, 0);
  length = sizeof back;
  must(getsockopt(fresh, IPPROTO_TCP, TCP_MAXSEG, &back, &length) == 0);
  say("TCP_MAXSEG %d", back);
  check("TCP_MAXSEG 1400", setsockopt(fresh, IPPROTO_TCP, TCP_MAXSEG, &(int){1400}, sizeof(int)));
  must(getsockopt(fresh, IPPROTO_TCP, TCP_MAXSEG, &back, &length) == 0);
  say("TCP_MAXSEG %d", back);
  check("SO_ZEROCOPY", setsockopt(fresh, SOL_SOCKET, SO_ZEROCOPY, &(int){1}, sizeof(int)));
  close(fresh);
  check("SO_PEERNAME", getsockopt(p.client, SOL_SOCKET, SO_PEERNAME, &(struct name){.length = 0}.at, &(socklen_t){16}));
  /* What is left after a recvmsg. */
  check("TCP_INQ", setsockopt(p.server, IPPROTO_TCP, TCP_INQ, &(int){1}, sizeof(int)));
  must(send(p.client, "12345", 5, 0) == 5);
  wait_for(p.server, POLLIN);
  for (int turn = 0; turn < 3; turn++) {
    char control[CMSG_SPACE(sizeof(int))];
    struct msghdr message = {
        .msg_iov = &(struct iovec){bytes, 3}, .msg_iovlen = 1, .msg_control = control, .msg_controllen = turn < 2 ? sizeof control : 0};
    long got = recvmsg(p.server, &message, turn == 2 ? MSG_DONTWAIT : 0);
    if (turn == 1) must(send(p.client, "6", 1, 0) == 1 && wait_for(p.server, POLLIN));
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    say("got %ld, controllen %zu, flags %x, level %d type %d: %d", got, message.msg_controllen, message.msg_flags,
        head ? head->cmsg_level : 0, head ? head->cmsg_type : 0, head ? *(int *)CMSG_DATA(head) : 0);
  }
  close_pair(p);
  check("closed", getsockopt(p.client, SOL_SOCKET, SO_TYPE, &back, &length));
  check("closed, set", setsockopt(p.client, SOL_SOCKET, SO_REUSEADDR, &size, sizeof size));
  check("no socket", getsockopt(STDOUT_FILENO, SOL_SOCKET, SO_TYPE, &back, &length));
  check("no socket, set", setsockopt(STDOUT_FILENO, IPPROTO_TCP, TCP_NODELAY, &size, sizeof size));
  /* What a listener has, its connections have. */
  int server = listener(family), on = 1, idle = 77;
  must(setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) == 0);
  must(setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
  must(setsockopt(server, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle) == 0);
  must(setsockopt(server, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){16384}, sizeof(int)) == 0);
  must(setsockopt(server, IPPROTO_TCP, TCP_SYNCNT, &(int){3}, sizeof(int)) == 0);
  int client = connected_to(server), accepted = accept(server, NULL, NULL);
  length = sizeof back;
  must(getsockopt(accepted, SOL_SOCKET, SO_KEEPALIVE, &back, &length) == 0);
  say("inherited SO_KEEPALIVE %d", back);
  must(getsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &back, &length) == 0);
  say("inherited TCP_NODELAY %d", back);
  must(getsockopt(accepted, IPPROTO_TCP, TCP_KEEPIDLE, &back, &length) == 0);
  say("inherited TCP_KEEPIDLE %d", back);
  must(getsockopt(accepted, SOL_SOCKET, SO_ACCEPTCONN, &back, &length) == 0);
  say("inherited SO_ACCEPTCONN %d", back);
  must(getsockopt(accepted, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &back, &length) == 0);
  say("inherited TCP_NOTSENT_LOWAT %d", back);
  must(getsockopt(accepted, IPPROTO_TCP, TCP_SYNCNT, &back, &length) == 0);
  say("inherited TCP_SYNCNT %d", back);
  close(client);
  close(accepted);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
