/* SPDX-License-Identifier: MIT
 * R9, depth 2: two children look who owns a connection before either of them says so. */
#include "race.h"

int main(void) {
  volatile int *owner = shared();
  int fd = connection(), spare = connection();
  for (int i = 1; i <= 2; i++) {
    if (i > 1) work(3);
    if (!make_child()) continue;
    if (*owner) done(0);
    close(spare);
    *owner = i;
    take(fd);
    done(0);
  }
  return wait_for_all();
}
