/* SPDX-License-Identifier: MIT
 * What a stream is after its connect was refused: it may be bound, and connect again. */
#include "passing.h"

static int refused(int family) {
  int nobody = bound(family, SOCK_STREAM, "nobody"), fd = socket(family, SOCK_STREAM, 0);
  struct name n = local_of(nobody);
  check("connect to nobody", connect(fd, sa(&n), n.length));
  close(nobody);
  return fd;
}

static void run(int family) {
  int server = listener(family), fd = refused(family);
  struct name n = local_of(server);
  check("error", recv(fd, &(char){0}, 1, MSG_DONTWAIT));
  check("connect again", connect(fd, sa(&n), n.length));
  say_peer("connected", fd);
  close(fd);
  fd = refused(family);
  n = loopback(family, 0);
  check("bind", bind(fd, sa(&n), n.length));
  close(fd);
  fd = refused(family);
  close(pass_here(fd, SOCK_SEQPACKET));
  check("bind after a pass", bind(fd, sa(&n), n.length));
  close(fd);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
