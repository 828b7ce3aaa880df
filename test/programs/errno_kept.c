/* SPDX-License-Identifier: MIT
 * errno is 0 when main begins, and calls that succeed leave it alone. */
#include "transcript.h"

#define KEPT(call)                                                           \
  do {                                                                       \
    errno = 4242;                                                            \
    long result = (long)(call);                                              \
    int after = errno;                                                       \
    say("%s: success %d, errno kept %d", #call, result >= 0, after == 4242); \
  } while (0)

static void run(int family) {
  struct name any = any_address(family, 0), at = {.length = sizeof at.at}, peer;
  int server = -1, client = -1, accepted = -1, copy = -1, value = 1, udp = -1, other = -1;
  char bytes[16];
  struct iovec part = {bytes, 4};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  struct mmsghdr messages = {.msg_hdr = message};
  socklen_t length = sizeof value;
  KEPT(server = socket(family, SOCK_STREAM, 0));
  KEPT(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
  KEPT(setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &value, sizeof value));
  KEPT(setsockopt(server, SOL_SOCKET, SO_KEEPALIVE, &value, sizeof value));
  KEPT(getsockopt(server, SOL_SOCKET, SO_TYPE, &value, &length));
  KEPT(bind(server, sa(&any), any.length));
  KEPT(listen(server, 5));
  KEPT(getsockname(server, sa(&at), &at.length));
  struct name to = loopback(family, name_port_of(&at));
  KEPT(client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  KEPT(connect(client, sa(&to), to.length));
  peer.length = sizeof peer.at;
  KEPT(accepted = accept4(server, sa(&peer), &peer.length, SOCK_CLOEXEC));
  KEPT(getpeername(accepted, sa(&peer), &peer.length));
  KEPT(send(client, "0123456789abcdef", 16, 0));
  KEPT(recv(accepted, bytes, 4, 0));
  KEPT(read(accepted, bytes, 4));
  KEPT(readv(accepted, &part, 1));
  KEPT(recvmsg(accepted, &message, 0));
  KEPT(write(accepted, "12345678", 8));
  KEPT(sendmsg(accepted, &message, 0));
  KEPT(ioctl(client, FIONREAD, &value));
  KEPT(fcntl(client, F_SETFL, O_NONBLOCK));
  KEPT(copy = fcntl(client, F_DUPFD_CLOEXEC, 30));
  KEPT(dup2(client, copy));
  KEPT(dup3(accepted, copy, O_CLOEXEC));
  KEPT(shutdown(client, SHUT_WR));
  KEPT(close(client));
  KEPT(close(copy));
  KEPT(close(accepted));
  KEPT(close(server));
  KEPT(udp = socket(family, SOCK_DGRAM, 0));
  KEPT(other = socket(family, SOCK_DGRAM, 0));
  KEPT(bind(udp, sa(&any), any.length));
  at.length = sizeof at.at;
  must(getsockname(udp, sa(&at), &at.length) == 0);
  to = loopback(family, name_port_of(&at));
  KEPT(sendto(other, "x", 1, 0, sa(&to), to.length));
  KEPT(connect(other, sa(&to), to.length));
  KEPT(send(other, "x", 1, 0));
  KEPT(sendmmsg(other, &messages, 1, 0));
  peer.length = sizeof peer.at;
  KEPT(recvfrom(udp, bytes, 4, 0, sa(&peer), &peer.length));
  KEPT(recvmmsg(udp, &messages, 1, 0, NULL));
  KEPT(recv(udp, bytes, 4, 0));
  KEPT(close_range((unsigned)udp, (unsigned)other, 0));
  int held = listener(family);
  pid_t child = -1;
  KEPT(child = fork());
  if (child == 0) _exit(0);
  must(end_of(child) == 0);
  KEPT(close(held));
}

int main(void) {
  int at_start = errno;
  say("errno at the start: %d", at_start);
  each_family(run);
  say("end");
}
