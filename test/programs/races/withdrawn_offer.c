/* SPDX-License-Identifier: MIT
 * R9, depth 3: a child is about to accept the offer that its parent withdraws. */
#include "race.h"

enum { NONE, OFFERED, ACCEPTED };

int main(void) {
  volatile int *offer = shared();
  int fd = connection(), first = connection(), second = connection();
  if (make_child()) {
    work(1);
    close(first);
    if (*offer != OFFERED) done(0);
    close(second);
    *offer = ACCEPTED;
    take(fd);
    done(0);
  }
  *offer = OFFERED;
  work(3);
  close(first);
  if (*offer == OFFERED) {
    *offer = NONE;
    take(fd);
  }
  return wait_for_all();
}
