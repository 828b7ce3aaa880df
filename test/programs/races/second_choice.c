/* SPDX-License-Identifier: MIT
 * R2, depth 1: a connection goes to a second worker when the first one has not begun in time. */
#include "race.h"

static volatile int *begun;

static void serve(int channel) {
  int fd = receive_fd(channel, 0);
  *begun = 1;
  if (fd >= 0) take(fd);
}

int main(void) {
  begun = shared();
  int first = worker(serve), second = worker(serve), fd = connection();
  check(send_fd(first, fd) == 0, "send");
  work(3);
  if (!*begun) check(send_fd(second, fd) == 0, "send");
  close(fd);
  shutdown(second, SHUT_WR);
  return wait_for_all();
}
