/* SPDX-License-Identifier: MIT
 * cc: -ldl
 * create_arena <libshim.so> <directory>: makes the arena of a network with one host, as a fixture does, without Node. */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "../../../native/shim/api.h"

int main(int count, char **arguments) {
  if (count != 3) return 2;
  void *shim = dlopen(arguments[1], RTLD_NOW);
  if (!shim) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  const struct api *(*entry)(void);
  *(void **)&entry = dlsym(shim, "vitest_socket_wrapper_api");
  struct arena_shape shape = {.records = 4096, .sockets = 1024, .processes = 256, .features = ARENA_ABSTRACT_CLIENTS};
  if (!entry) return 1;
  const struct api *api = entry();
  struct arena *arena;
  int result = api->arena_create(arguments[2], &shape);
  if (result == 0) result = api->arena_open(arguments[2], &arena);
  if (result == 0) result = api->arena_host_add(arena, 1, "test");
  if (result < 0) fprintf(stderr, "%s: %s\n", arguments[2], strerror(-result));
  return result < 0;
}
