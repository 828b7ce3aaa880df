/* SPDX-License-Identifier: MIT
 * The file that all processes of a network map: journal, registry, process table, host table, port counters.
 * No mutex is shared: a process killed at any instruction leaves nothing locked and nothing torn that a reader takes for whole. */
#ifndef ARENA_H
#define ARENA_H

#include <stdbool.h>
#include <sys/types.h>

#include "../wire/wire.h"

struct arena; /* mapping + pointers to its four tables; allocated by arena_open with mmap */

/* Maps <dir>/arena. Returns 0, -ENOENT when there is none, -EPROTO for another version or a hostile head (every offset, size and count is
 * checked against the size of the file), else -errno. Owns: nothing stays open but the mapping. Signal-safe: no. */
int arena_open(const char *dir, struct arena **out);
/* Unmaps. Nobody may use it afterwards: the addon only, when the network is closed and no slot refers to it. */
void arena_close(struct arena *a);
struct wire_arena *arena_head(struct arena *a);

/* Creates the file with the given counts (powers of two) and allocates all of it, so that a full disk is -ENOSPC here and never a SIGBUS later. */
struct arena_shape {
  u32 records, sockets, processes;
  u32 features;
};
int arena_create(const char *dir, const struct arena_shape *shape);

/* Process table. arena_process_add also is the child's side of fork. `flags`: PROCESS_*. Signal-safe: yes. */
/* -ESHUTDOWN: the network has ended, the process has to end as well (its row is in the table all the same). */
int arena_process_add(struct arena *a, pid_t pid, pid_t parent, u32 host, u32 flags, const char *program);
/* From now on arena_process_add answers -ESHUTDOWN: whoever registers after it hears of it, whoever did before is in the table. */
/* A feature bit of the whole network, set for good, and the question for it: one load. Signal-safe: yes. */
void arena_feature(struct arena *a, u32 bit);
bool arena_has(const struct arena *a, u32 bit);
void arena_end(struct arena *a);
void arena_process_exit(struct arena *a, pid_t pid);
/* The program of a process is about to be replaced (PROCESS_EXEC in place of PROCESS_UNDER_SHIM), and was not. */
void arena_process_exec(struct arena *a, pid_t pid, pid_t parent, u32 host, const char *program);
void arena_process_exec_failed(struct arena *a, pid_t pid);
/* A child was started with a new program at once; it may have registered itself since `since` (CLOCK_BOOTTIME, ns), or never will. */
void arena_process_spawned(struct arena *a, pid_t pid, pid_t parent, u32 host, const char *program, u64 since);
/* True when the process is under the shim, or was at its end. */
bool arena_process_known(const struct arena *a, pid_t pid);
/* Copies the used rows; returns their number, at most `count`. A row that is just being filled is left out. */
u32 arena_processes(const struct arena *a, struct wire_process *out, u32 count);

/* Hosts: adds a name to interface `number` (1..64), which comes to life with its first name. -ENOSPC when the 252 bytes are full. Test's process only. */
int arena_host_add(struct arena *a, u32 number, const char *name);
/* Number of the host with that name (ASCII case folded), 0 for none. Signal-safe: yes. */
u32 arena_host_find(const struct arena *a, const char *name);
bool arena_host_exists(const struct arena *a, u32 number);
/* The host's own name, with its final zero; false when there is no such host, or no room. Signal-safe: yes. */
bool arena_host_name(const struct arena *a, u32 number, char *out, size_t size);

/* Next ephemeral port, 32768..60999 (ip_local_port_range of Linux). */
u16 arena_next_port(struct arena *a, int socket_type);
/* The table of memberships in multicast groups: multicast.c rules it. */
struct wire_member *arena_members(struct arena *a, u32 *count);
/* Some datagram socket has set a TTL, TOS or the like: receivers look for the sender's. */
void arena_mark(struct arena *a);
bool arena_marked(const struct arena *a);
/* One that may share its address has been connected: its peer's datagrams are for it alone. */
void arena_crowd(struct arena *a);
bool arena_crowded(const struct arena *a);
u64 arena_next_message(struct arena *a);

/* Registry. put: stores the info under info->cookie (version decides: an older one is not stored). get: false when absent.
 * version: one load; 0 when absent. Signal-safe: yes. A full table counts in registryLost. */
void arena_socket_put(struct arena *a, const struct wire_info *info);
/* The same without counting: false when there is no room. */
bool arena_socket_store(struct arena *a, const struct wire_info *info);
bool arena_socket_get(struct arena *a, u64 cookie, struct wire_info *out);
u32 arena_socket_version(struct arena *a, u64 cookie);
/* Steps through the sockets of a type and local port; `*at` starts at 0. False at the end. */
bool arena_socket_next(struct arena *a, u32 *at, u16 type, u16 port, struct wire_info *out);
void arena_socket_remove(struct arena *a, u64 cookie);
/* Adds a flag to the info of the socket at the other end of the stream `info`, if that is registered. */
void arena_socket_mark_peer(struct arena *a, const struct wire_info *info, u16 flag);
/* Copies the infos of all sockets, each of them consistent; returns their number, at most `count`. */
u32 arena_sockets(struct arena *a, struct wire_info *out, u32 count);

#endif
