/* SPDX-License-Identifier: MIT
 * L4, depth 1: the sender forgets its own descriptor when the answer is there at once. */
#include "race.h"

static void serve(int channel) {
  int fd = receive_fd(channel, 0);
  check(write(channel, "k", 1) == 1, "answer");
  take(fd);
}

int main(void) {
  int channel = worker(serve), fd = connection();
  check(send_fd(channel, fd) == 0, "send");
  if (!has_answer(channel, MSG_DONTWAIT)) {
    close(fd);
    has_answer(channel, 0);
  }
  puts("done");
  fflush(stdout);
  for (;;) pause();
}
