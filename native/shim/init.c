/* SPDX-License-Identifier: MIT
 * The constructor: everything that needs the environment, malloc or dlsym happens here, once. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "api.h"
#include "endpoint.h"
#include "environment.h"
#include "enter.h"
#include "explore.h"
#include "libc.h"
#include "log.h"
#include "network.h"
#include "pass.h"
#include "process.h"
#include "table.h"

static struct network *own_network;

/* Descriptors that were open before us: inherited over exec, or opened by a library that ran first. */
static void recover_inherited(struct network *n) {
  DIR *directory = opendir("/proc/self/fd");
  if (!directory) return;
  for (struct dirent *entry; (entry = readdir(directory));) {
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
    struct sock *s = endpoint_recover(fd, n);
    if (s) endpoint_found(fd, s);
  }
  closedir(directory);
}

/* Opened by the addon in a running process, the library is in no global scope: that process chooses its networks itself, whatever the
 * environment says. */
static bool is_preloaded(void) {
  void *program = dlopen(NULL, RTLD_LAZY);
  return program && dlsym(program, "vitest_socket_wrapper_api") == (void *)vitest_socket_wrapper_api;
}

/* Linked with -z initfirst, so that wrappers which other libraries' constructors call find it done. It runs before the libc's own
 * initialiser has set environ, but glibc hands the three arguments of main to constructors. */
__attribute__((constructor)) static void start(int count, char **arguments, char **environment) {
  if (!environ) environ = environment;
  process_name(count > 0 ? arguments[0] : NULL);
  libc_resolve();
  log_init();
  if (network_init() < 0 || table_init() < 0) {
    LOG(LOG_ERROR, "no memory for the descriptor table: this process is not in the network");
    return;
  }
  pass_fault(getenv("VITEST_SOCKET_WRAPPER_FAULT"));
  if (is_preloaded()) own_network = network_from_environment();
  if (own_network) environment_keep();
  if (own_network && own_network->arena) explore_start(own_network->dir);
  process_start(own_network);
  if (own_network && !own_network->error) recover_inherited(own_network);
  explore_point(POINT_start);
  errno = 0; /* as main finds it (C11, 7.5) */
}

__attribute__((destructor)) static void stop(void) { process_exit(own_network); }

/* The reference's public functions: programs find them with dlsym. */
EXPORT bool socket_wrapper_enabled(void);
EXPORT bool socket_wrapper_enabled(void) { return own_network != NULL; }
EXPORT void socket_wrapper_indicate_no_inet_fd(int fd);
EXPORT void socket_wrapper_indicate_no_inet_fd(int fd) { table_drop(fd); }
