/* SPDX-License-Identifier: MIT
 * R1, depth 1: the sender takes the request itself when the worker has not answered in time. */
#include "race.h"

static void serve(int channel) {
  int fd = receive_fd(channel, 0);
  check(write(channel, "k", 1) == 1, "answer");
  take(fd);
}

int main(void) {
  int channel = worker(serve), fd = connection();
  check(send_fd(channel, fd) == 0, "send");
  work(3);
  if (!has_answer(channel, MSG_DONTWAIT)) take(fd);
  close(fd);
  return wait_for_all();
}
