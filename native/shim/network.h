/* SPDX-License-Identifier: MIT
 * A network as one process sees it: a directory, the own host, the arena. A preloaded program has one, from its environment;
 * the test's process may have several, opened through api.h. Networks are type-stable: a closed one is marked, never unmapped. */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdatomic.h>
#include <stdbool.h>

#include "capture_file.h"
#include "name.h"

struct arena;

/* An address range that goes to the real network. */
struct passthrough {
  uint8_t bytes[16];
  u32 prefix; /* bits of the 128 */
  u16 port;   /* 0: any */
};

enum { PASSTHROUGH_MAX = 32, PASSED_NAMES_SIZE = 8192, NETWORK_MAX = 4095 };

struct network {
  u32 id;
  _Atomic bool open;
  _Atomic u32 sockets; /* slots that refer to it: a closed network is used again when there are none */
  int error;           /* -errno of an unusable directory: what socket() answers */
  bool is_for_all;     /* without an arena: other users may write in the directory */
  struct name_world world;
  char dir[NAME_DIR_MAX + 1];
  struct arena *arena;   /* NULL: a plain wrapper */
  _Atomic u32 *spilling; /* number of datagram sockets whose queue has spilled: see spill.h */
  _Atomic u32 own_spilling;
  _Atomic bool own_crowded; /* as arena_crowded, in a plain wrapper */
  struct passthrough passthrough[PASSTHROUGH_MAX];
  u32 passthrough_count;
  struct capture capture;
  char passed_names[PASSED_NAMES_SIZE]; /* "name=address," for each address of a name that goes to the real network; "name=," for none */
};

/* Constructor only. Returns 0 or -errno. */
int network_init(void);
/* The network of the calling thread, else of the process, else NULL: the call is not ours. Signal-safe: yes. */
struct network *network_current(void);
/* The same, if it has hosts and interfaces of its own, which are in the arena; else NULL: names and interfaces are the machine's. */
struct network *network_world(void);
/* True when the thread has refused inet sockets, or has stayed in a network that is closed: a new one is refused (EACCES) rather than put
 * into the real network or a wrong one. */
bool network_is_refused(void);
/* Reads the environment. Returns NULL when SOCKET_WRAPPER_DIR is not set or unusable (one line in the log). Constructor only. */
struct network *network_from_environment(void);
/* See api.h. */
int network_open(const char *dir, u32 host, const char *passthrough);
int network_close(int id);
int network_enter(int id);
int network_enter_process(int id);
struct arena *network_arena(int id);
bool network_passes_through(const struct network *n, const struct address *a);

#endif
