/* SPDX-License-Identifier: MIT
 * UDP sockets in another process: bound, connected, connected after the pass, with packet information and broadcasts. */
#include "passing.h"

static void tell(int fd) { must(write(fd, "g", 1) == 1); }
static void wait_turn(int fd) {
  char byte;
  must(read(fd, &byte, 1) == 1);
}

static void answer(const char *who, int fd) {
  char bytes[16];
  struct name from = {.length = sizeof from.at};
  ssize_t got = recvfrom(fd, bytes, sizeof bytes, 0, sa(&from), &from.length);
  say("%s: %zd bytes from %s", who, got, text(&from));
  must(sendto(fd, bytes, (size_t)got, 0, sa(&from), from.length) == got);
}

static void child(int carrier) {
  struct received r = receive_descriptors(carrier, MSG_CMSG_CLOEXEC);
  must(r.count == 4);
  for (int i = 0; i < 4; i++) say_socket("child", r.fds[i]);
  answer("child", r.fds[0]);
  char bytes[16];
  check("child: recv from the peer", recv(r.fds[1], bytes, sizeof bytes, 0));
  check("child: send to the peer", send(r.fds[1], "peer", 4, 0));
  check("child: first send of a fresh one", sendto(r.fds[2], "fresh", 5, 0, sa(&(struct name){.length = 0}), 0));
  /* Packet information was asked for by the sender. */
  _Alignas(struct cmsghdr) char control[128];
  struct iovec vector = {bytes, sizeof bytes};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  check("child: recvmsg", recvmsg(r.fds[3], &message, 0));
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  say("level %d type %d length %zu", head ? head->cmsg_level : -1, head ? head->cmsg_type : -1, head ? (size_t)head->cmsg_len : 0);
  close_received(&r);
  tell(carrier);
  _exit(0);
}

static void run(int family) {
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t pid = fork();
  if (pid == 0) child(c.to);
  int server = bound(family, SOCK_DGRAM, "server");
  struct pair p = datagram_pair(family);
  int fresh = socket(family, SOCK_DGRAM, 0), info = bound(family, SOCK_DGRAM, "info");
  must(family == AF_INET ? setsockopt(info, IPPROTO_IP, IP_PKTINFO, &(int){1}, sizeof(int)) == 0
                         : setsockopt(info, IPPROTO_IPV6, IPV6_RECVPKTINFO, &(int){1}, sizeof(int)) == 0);
  struct name to = local_of(server), to_info = local_of(info);
  int client = bound(family, SOCK_DGRAM, "client");
  int fds[] = {server, p.server, fresh, info};
  must(send_descriptors(c.from, fds, 4, 0) == 1);
  for (int i = 0; i < 4; i++) close(fds[i]);
  must(sendto(client, "hello", 5, 0, sa(&to), to.length) == 5);
  must(send(p.client, "through", 7, 0) == 7);
  must(sendto(client, "info", 4, 0, sa(&to_info), to_info.length) == 4);
  wait_turn(c.from);
  say("child ended with %d", end_of(pid));
  char bytes[16];
  struct name from = {.length = sizeof from.at};
  check("answer", recvfrom(client, bytes, sizeof bytes, MSG_DONTWAIT, sa(&from), &from.length));
  say("from %s", text(&from));
  check("peer's", recv(p.client, bytes, sizeof bytes, MSG_DONTWAIT));
  check("the peer is gone", send(p.client, "x", 1, 0));
  check("told", recv(p.client, bytes, sizeof bytes, 0));
  close(p.client);
  close(client);
  close_carrier(c);
}

int main(void) {
  run(AF_INET);
  transcript_port_count = 0;
  run(AF_INET6);
  say("end");
}
