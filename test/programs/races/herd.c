/* SPDX-License-Identifier: MIT
 * Its own check, depth 2: two children see that a client is not served yet, and both accept. */
#include <fcntl.h>

#include "race.h"

int main(void) {
  struct sockaddr_in name;
  volatile int *served = shared();
  int from = listener(&name);
  client(&name);
  fcntl(from, F_SETFL, O_NONBLOCK);
  for (int i = 0; i < 2; i++) {
    if (i > 0) work(3);
    if (!make_child()) continue;
    if (*served) done(0);
    int fd = accept(from, NULL, NULL);
    if (fd < 0) done(1);
    *served = 1;
    take(fd);
    done(0);
  }
  return wait_for_all();
}
