/* SPDX-License-Identifier: MIT
 * A program that makes its system calls itself, as Go does: a listener on real loopback. */
#include "../../../native/shim/kernel.h"
#include "../transcript.h"

int main(void) {
  struct name n = loopback(AF_INET, 0);
  int fd = (int)kernel_call(SYS_socket, AF_INET, SOCK_STREAM, 0, 0, 0, 0);
  must(fd >= 0);
  must(kernel_call(SYS_bind, fd, (long)sa(&n), n.length, 0, 0, 0) == 0);
  must(kernel_call(SYS_listen, fd, 1, 0, 0, 0, 0) == 0);
  say("ready");
  pause();
}
