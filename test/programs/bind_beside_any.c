/* SPDX-License-Identifier: MIT
 * SO_REUSEADDR: an IPv4 address beside :: of both families, where nobody listens. */
#include "transcript.h"

static int bind_to(const char *what, int family, struct name at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0);
  check(what, bind(fd, sa(&at), at.length));
  return fd;
}

int main(void) {
  int port = own_port();
  int any = bind_to("any address of both families", AF_INET6, any_address(AF_INET6, port));
  int same = bind_to("the same", AF_INET6, any_address(AF_INET6, port));
  int beside = bind_to("an IPv4 address", AF_INET, loopback(AF_INET, port));
  close(beside);
  close(same);
  close(any);
  say("end");
}
