/* SPDX-License-Identifier: MIT
 * The public functions of socket_wrapper, as programs find them: by dlsym. */
#include <dlfcn.h>

#include "../transcript.h"

static const char *family_of(int fd) {
  struct name n = local_of(fd);
  return n.at.ss_family == AF_UNIX ? "unix" : n.at.ss_family == AF_INET ? "inet" : "another";
}

int main(void) {
  bool (*enabled)(void) = (bool (*)(void))dlsym(RTLD_DEFAULT, "socket_wrapper_enabled");
  void (*forget)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "socket_wrapper_indicate_no_inet_fd");
  must(enabled && forget);
  say("enabled: %d", enabled());
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  must(fd >= 0);
  say("a socket: %s", family_of(fd));
  int copy = dup(fd);
  forget(fd);
  say("forgotten: %s, its copy: %s", enabled() ? family_of(fd) : "", family_of(copy));
  forget(-1);
  forget(fd);
  forget(STDOUT_FILENO);
  forget(1 << 30);
  check("close", close(fd));
  check("close the copy", close(copy));
  say("end");
}
