/* SPDX-License-Identifier: MIT */
#include "libc.h"

#include <dlfcn.h>
#include <errno.h>

#include "log.h"

struct libc libc;

/* Not every libc has these; a program that calls one without it did not link in the first place. */
static int absent(void) {
  errno = ENOSYS;
  return -1;
}

int libc_resolve(void) {
  int result = 0;
#define CALL(name)                                                                                \
  {                                                                                               \
    void *found = dlsym(RTLD_NEXT, #name);                                                        \
    if (!found) {                                                                                 \
      LOG(LOG_DEBUG, "no %s in the libraries behind the shim: calls of it answer ENOSYS", #name); \
      found = (void *)absent;                                                                     \
      result = -ENOSYS;                                                                           \
    }                                                                                             \
    libc.name = (__typeof__(libc.name))found;                                                     \
  }
#define ALIAS(name, call)
#define FORTIFIED(name)
#include "../wire/calls.def"
#undef CALL
#undef ALIAS
#undef FORTIFIED
  return result;
}
