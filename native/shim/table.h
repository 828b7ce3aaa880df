/* SPDX-License-Identifier: MIT
 * Descriptor -> socket. A flat array of words, reserved for the hard RLIMIT_NOFILE; untouched pages cost nothing.
 * All ways to make, copy or drop a descriptor of ours end in one of these verbs. No locks; all signal-safe unless said. */
#ifndef TABLE_H
#define TABLE_H

#include <stdatomic.h>

#include "sock.h"

/* An entry: 0, or number of the slot + 1, with TABLE_DATAGRAM set for UDP, TABLE_CAPTURED for what is recorded, TABLE_SERVED for streams to
 * the network's name server, TABLE_WATCHED, TABLE_IDLE and TABLE_FRESH for what consume.h waits for, and TABLE_EXPLORED for what others may hold
 * where explore.h is on, so that the data path need not look at the slot: one of any kind leaves it. TABLE_NETLINK alone, with no slot: not
 * ours, but its messages are looked at (netlink.h). */
#define TABLE_DATAGRAM 0x80000000u
#define TABLE_CAPTURED 0x40000000u
#define TABLE_SERVED 0x20000000u
#define TABLE_NETLINK 0x10000000u
#define TABLE_WATCHED 0x08000000u
#define TABLE_IDLE 0x04000000u
#define TABLE_FRESH 0x02000000u
#define TABLE_EXPLORED 0x01000000u
#define TABLE_SLOW (TABLE_DATAGRAM | TABLE_CAPTURED | TABLE_SERVED | TABLE_NETLINK)
#define TABLE_NOTED (TABLE_WATCHED | TABLE_IDLE | TABLE_FRESH)
#define TABLE_SLOW_INPUT (TABLE_SLOW | TABLE_NOTED | TABLE_EXPLORED)
#define TABLE_SLOT(entry) ((entry) & ~TABLE_SLOW_INPUT)
extern _Atomic u32 *table_entries;
extern u32 table_size; /* 0 until table_init */
extern struct sock *table_slots;
extern _Atomic bool table_has_datagrams; /* or had */

/* Constructor only. Returns 0 or -errno. */
int table_init(void);

/* The whole cost of a descriptor that is not ours: one bounds check and one load. */
static inline u32 table_entry(int fd) { return (u32)fd < table_size ? atomic_load_explicit(&table_entries[fd], memory_order_acquire) : 0; }
static inline struct sock *table_find(int fd) {
  u32 entry = TABLE_SLOT(table_entry(fd));
  return entry ? &table_slots[entry - 1] : 0;
}
/* table_find for calls that change or report a socket: compares SO_COOKIE with the slot's, so that a number which was closed behind our
 * back and used again is never taken for ours. A stale entry is dropped here. */
struct sock *table_find_checked(int fd);

/* The slot of a socket that this process has already, with one more reference; NULL when it has none. Walks the slots in use. */
struct sock *table_find_cookie(u64 cookie);

/* A slot with one reference and zeroed info. Returns NULL when SOCKET_WRAPPER_MAX_SOCKETS are in use. */
struct sock *table_new(struct network *network);
/* fd now is a descriptor of s; takes the caller's reference. Whatever the entry said before is dropped. Returns 0, or -EMFILE (table_size). */
int table_install(int fd, struct sock *s);
/* The descriptor is one of rtnetlink. */
void table_mark_netlink(int fd);
/* Flags from above for one descriptor of ours. Returns which of them it had. */
u32 table_set_flags(int fd, u32 flags, bool on);
/* The stream is the name server's from now on: all its descriptors hear of it. */
void table_mark_served(struct sock *s);
/* new is a copy of old. Also when old is not ours: then new is not ours either. */
void table_copy(int old, int new);
/* fd was closed or replaced already. The last reference of the process ends the socket here: names, registry, journal. */
void table_drop(int fd);
struct endpoint_remains;
/* The two halves of a close that libc does for us: before it, and (endpoint_reap) after it. */
void table_detach(int fd, struct endpoint_remains *remains);
/* close(2) of anything: ours or not. Returns 0 or -errno. */
int table_close(int fd);
/* Closes those of ours that lie in first..last; the rest is the caller's. */
void table_close_range(u32 first, u32 last);
void table_release(struct sock *s); /* a reference that no descriptor holds */
/* Calls `visit` for every descriptor of ours, in ascending order. */
void table_each(void (*visit)(int fd, struct sock *s, void *context), void *context);

/* vfork: the child shares our memory but not our descriptors; while this is true for the thread the verbs change nothing. */
extern __thread int table_in_vfork_child;

/* Descriptors of our own: moved high (>= 512 where the limit permits), close-on-exec. Returns the new number, or fd itself. */
int table_own(int fd);

#endif
