/* SPDX-License-Identifier: MIT
 * connect, blocking: what it refuses, and what the socket is good for afterwards. */
#include "transcript.h"

static int error_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
  return value;
}

static void run(int family) {
  int gone = bound(family, SOCK_STREAM, "gone");
  struct name nobody = local_of(gone);
  close(gone);
  int fd = socket(family, SOCK_STREAM, 0);
  check("nobody is there", connect(fd, sa(&nobody), nobody.length));
  say("SO_ERROR after it: %d", error_of(fd));
  say_peer("refused", fd);
  check("again", connect(fd, sa(&nobody), nobody.length));
  char byte;
  check("recv", recv(fd, &byte, 1, 0));
  check("send", send(fd, "x", 1, MSG_NOSIGNAL));

  int only_bound = bound(family, SOCK_STREAM, "bound");
  struct name silent = local_of(only_bound);
  check("bound but not listening", connect(fd, sa(&silent), silent.length));
  must(listen(only_bound, 4) == 0);
  check("the same socket, now that it listens", connect(fd, sa(&silent), silent.length));
  check("send", send(fd, "x", 1, MSG_NOSIGNAL));
  close(fd);
  close(only_bound);

  fd = socket(family, SOCK_STREAM, 0);
  struct name other = family == AF_INET ? loopback(AF_INET6, 9) : loopback(AF_INET, 9);
  check("address of another family", connect(fd, sa(&other), other.length));
  check("short length", connect(fd, sa(&nobody), 8));
  check("length 1", connect(fd, sa(&nobody), 1));
  struct name zero = loopback(family, 0);
  check("port 0", connect(fd, sa(&zero), zero.length));
  close(fd);
  check("a closed descriptor", connect(fd, sa(&nobody), nobody.length));
  check("a pipe or file", connect(STDOUT_FILENO, sa(&nobody), nobody.length));

  fd = socket(family, SOCK_STREAM, 0);
  check("recv on a fresh one", recv(fd, &byte, 1, 0));
  check("read on a fresh one", read(fd, &byte, 1));
  check("send on a fresh one", send(fd, "x", 1, MSG_NOSIGNAL));
  signal(SIGPIPE, SIG_IGN);
  check("write on a fresh one", write(fd, "x", 1));
  check("shutdown on a fresh one", shutdown(fd, SHUT_RDWR));
  close(fd);
}

int main(void) {
  each_family(run);
  say("end");
}
