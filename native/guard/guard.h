/* SPDX-License-Identifier: MIT
 * What the guard keeps of one network, and its two deeds. */
#ifndef GUARD_H
#define GUARD_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "../shim/arena.h"

struct guarded {
  char dir[PATH_MAX];
  struct arena *arena;
  u64 network_id;
  /* The arena's file. Its mapping keeps the inode number from being given to another one. */
  dev_t device;
  ino_t inode;
};

/* Ends every process of the networks with SIGKILL and returns when none is left, or after ten seconds. Never ends the guard, nor a process
 * that started before `not_before_ns` (CLOCK_BOOTTIME): all processes of a worker's networks are younger than the worker. */
void end_processes(const struct guarded *networks, size_t count, u64 not_before_ns);

/* Removes the network's directory and all that is in it, if the arena in it is the one that was mapped. Follows no symbolic link and
 * crosses no mount. */
void remove_directory(const struct guarded *network);

/* No process that registers from now on lives on; nothing when somebody has cut the file short. */
void guarded_end(const struct guarded *network);

/* Copies the arena's process table; 0 rows when somebody has cut the file short. */
u32 guarded_processes(const struct guarded *network, struct wire_process *out, u32 count);

#endif
