/* SPDX-License-Identifier: MIT
 * R9, depth 1: a child takes what its parent has not taken by the time it is up. */
#include "race.h"

int main(void) {
  volatile int *taken = shared();
  int fd = connection();
  if (make_child()) {
    work(3);
    if (!*taken) take(fd);
    done(0);
  }
  take(fd);
  *taken = 1;
  return wait_for_all();
}
