/* SPDX-License-Identifier: MIT
 * usage: arena_create DIR RECORDS [FILE-SIZE-LIMIT]
 * Prints what arena_create answers, and the network's id. */
#include <sys/resource.h>

#include "pattern.h"

int main(int count, char **arguments) {
  CHECK(count >= 3, "usage: arena_create DIR RECORDS [FILE-SIZE-LIMIT]");
  if (count > 3) {
    struct rlimit limit = {(rlim_t)atol(arguments[3]), (rlim_t)atol(arguments[3])};
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0, "setrlimit: %s", strerror(errno));
  }
  struct arena_shape shape = {(u32)atol(arguments[2]), 64, 64, 0};
  struct arena *a;
  u64 id = 0;
  int result = arena_create(arguments[1], &shape);
  if (result == 0 && arena_open(arguments[1], &a) == 0) id = arena_head(a)->networkId;
  printf("{\"result\":\"%s\",\"id\":\"%lx\"}\n", result ? strerrorname_np(-result) : "0", id);
  return 0;
}
