/* SPDX-License-Identifier: MIT
 * Every wrapped call on a number that is no descriptor, and on descriptors that are no sockets. */
#include "transcript.h"

static void calls(const char *what, int fd) {
  char bytes[8] = "";
  struct name n = loopback(AF_INET, 9);
  struct iovec part = {bytes, sizeof bytes};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
  int value = 1;
  socklen_t length = sizeof value;
  say("%s", what);
  check("bind", bind(fd, sa(&n), n.length));
  check("listen", listen(fd, 1));
  check("connect", connect(fd, sa(&n), n.length));
  check("accept", accept(fd, NULL, NULL));
  check("accept4", accept4(fd, NULL, NULL, SOCK_CLOEXEC));
  check("getsockname", getsockname(fd, sa(&n), &n.length));
  check("getpeername", getpeername(fd, sa(&n), &n.length));
  check("getsockopt", getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &length));
  check("setsockopt", setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, sizeof value));
  check("shutdown", shutdown(fd, SHUT_RD));
  check("recv", recv(fd, bytes, 0, MSG_DONTWAIT));
  check("recvfrom", recvfrom(fd, bytes, 0, MSG_DONTWAIT, NULL, NULL));
  check("recvmsg", recvmsg(fd, &message.msg_hdr, MSG_DONTWAIT));
  check("recvmmsg", recvmmsg(fd, &message, 1, MSG_DONTWAIT, NULL));
  check("send", send(fd, bytes, 0, MSG_DONTWAIT));
  check("sendto", sendto(fd, bytes, 0, MSG_DONTWAIT, sa(&n), n.length));
  check("sendmsg", sendmsg(fd, &message.msg_hdr, MSG_DONTWAIT));
  check("sendmmsg", sendmmsg(fd, &message, 1, MSG_DONTWAIT));
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  calls("-1", -1);
  calls("never opened", 777);
  calls("far beyond the limit", 1 << 29);
  calls("the smallest number", -2147483647 - 1);
  int fds[2], file = open("/dev/null", O_RDWR);
  must(pipe(fds) == 0);
  calls("a file", file);
  calls("a pipe", fds[0]);
  check("read -1", read(-1, NULL, 0));
  check("write -1", write(-1, NULL, 0));
  check("readv -1", readv(-1, NULL, 0));
  check("writev -1", writev(-1, NULL, 0));
  check("dup -1", dup(-1));
  check("dup2 -1 0", dup2(-1, 0));
  check("dup2 0 1<<29", dup2(0, 1 << 29));
  check("close 1<<29", close(1 << 29));
  check("fcntl -1", fcntl(-1, F_GETFL));
  check("ioctl -1", ioctl(-1, FIONREAD, fds));
  check("pipe still works", write(fds[1], "x", 1));
  say("end");
}
