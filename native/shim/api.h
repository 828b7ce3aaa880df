/* SPDX-License-Identifier: MIT
 * What the addon uses of a shim that it opened with dlopen in a running process. One exported symbol: vitest_socket_wrapper_api. */
#ifndef API_H
#define API_H

#include <sys/socket.h>

#include "arena.h"
#include "journal.h"

#ifdef __cplusplus
extern "C" {
#endif

#define API_VERSION 1

/* A wrapper and the libc name whose relocation slots shall point at it. */
struct api_replacement {
  const char *name;
  void *function;
};

struct api {
  u32 version;
  /* All rows of calls.def with their aliases and fortified forms; ended by a NULL name. */
  const struct api_replacement *replacements;
  /* Opens the network in `dir` as `host` (1..64). `passthrough`: comma-separated "address[/prefix][:port]", IPv6 in brackets, and
   * "name=address" for names that go to the real network ("name=" for one without an address), or NULL.
   * Returns its id (>= 1) or -errno. Registers the process in the arena with PROCESS_TEST. */
  int (*network_open)(const char *dir, u32 host, const char *passthrough);
  /* Shuts down every socket of the network in this process and forgets it; the descriptors stay the owners' to close. */
  int (*network_close)(int id);
  /* The calling thread's network; 0: none; -1: none, and new inet sockets are refused with EACCES. Returns the one before. */
  int (*network_enter)(int id);
  /* The network of threads that have entered none (libuv's pool, a native addon's own threads); 0: none. Returns the one before. */
  int (*network_enter_process)(int id);
  struct arena *(*network_arena)(int id);
  /* The info of a descriptor as the shim has it. 0; -ENOTSOCK when it is not a socket of a network. */
  int (*descriptor_info)(int fd, struct wire_info *out);
  /* The wrapped calls themselves. >= 0, or -1 with errno. */
  ssize_t (*sendmsg)(int, const struct msghdr *, int);
  ssize_t (*recvmsg)(int, struct msghdr *, int);
  /* arena.h and journal.h, for a process that only looks. */
  int (*arena_create)(const char *, const struct arena_shape *);
  int (*arena_open)(const char *, struct arena **);
  void (*arena_close)(struct arena *);
  struct wire_arena *(*arena_head)(struct arena *);
  int (*arena_host_add)(struct arena *, u32, const char *);
  int (*arena_process_add)(struct arena *, pid_t, pid_t, u32, u32, const char *);
  u32 (*journal_read)(struct arena *, struct wire_record *, u32);
  bool (*journal_wait)(struct arena *, int);
  void (*journal_wake)(struct arena *);
};

const struct api *vitest_socket_wrapper_api(void);

#ifdef __cplusplus
}
#endif
#endif
