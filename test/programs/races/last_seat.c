/* SPDX-License-Identifier: MIT
 * Its own check, depth 3: three children find the last seat free; two would have been too many by one, which is allowed. */
#include "race.h"

int main(void) {
  volatile int *seats = shared();
  int spare = connection();
  *seats = 1;
  for (int i = 0; i < 3; i++) {
    if (i > 0) work(3);
    if (!make_child()) continue;
    if (*seats <= 0) done(0);
    close(spare);
    done(--*seats < -1);
  }
  return wait_for_all();
}
