/* SPDX-License-Identifier: MIT
 * Its own check, or L1; depth 1: a worker that finds nothing to do leaves, and the sender relies on it. */
#include "race.h"

static void serve(int channel) {
  work(3);
  int fd = receive_fd(channel, MSG_DONTWAIT);
  if (fd >= 0) take(fd);
  close(channel);
}

int main(void) {
  int channel = worker(serve), fd = connection();
  if (send_fd(channel, fd) < 0) return 1;
  close(fd);
  return wait_for_all();
}
