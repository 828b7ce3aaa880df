/* SPDX-License-Identifier: MIT
 * Why no entry is ever stale. Every call that closes or replaces a number (close, close_range, closefrom, fclose, freopen, dup2, dup3, daemon, and
 * their numbers in syscall()) ends in table_close, table_detach, table_copy or table_drop, and every call that makes a socket or receives one
 * drops what its new number had. What libc closes inside of itself (login_tty) is left: there the number is another file's now, and
 * table_find_checked, which compares the kernel's SO_COOKIE with the slot's, stands before every call that changes or reports a socket.
 * Data of a stream goes the same way as without us; data of a datagram socket that fails is looked at again (wrap_data.c). */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "capture.h"
#include "datagram_cork.h"
#include "endpoint.h"
#include "error_queue.h"
#include "explore.h"
#include "journal.h"
#include "kernel.h"
#include "log.h"
#include "nameserver.h"
#include "option_local.h"
#include "stale.h"

/* Descriptors above are passed through: 1 Mi is NR_OPEN of Linux. */
enum { TABLE_MAX = 1 << 20, SOCKETS_DEFAULT = 65535, SOCKETS_MAX = 262140, OWN_MIN = 512 };

_Atomic u32 *table_entries;
u32 table_size;
struct sock *table_slots;
_Atomic bool table_has_datagrams;
__thread int table_in_vfork_child;

static u32 slots_max;
static _Atomic u32 slots_used;
static _Atomic u64 free_list;       /* tag << 32 | number of the slot + 1: the tag defeats ABA */
static _Atomic u32 descriptors_end; /* one past the highest number ever installed */

static void *reserve(size_t size) {
  void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

/* As the reference parses it: no number or 0 is the default, too much is the most. */
static u32 sockets_limit(void) {
  const char *text = getenv("SOCKET_WRAPPER_MAX_SOCKETS");
  unsigned long value = text ? strtoul(text, NULL, 10) : 0;
  if (value > SOCKETS_MAX) {
    LOG(LOG_ERROR, "SOCKET_WRAPPER_MAX_SOCKETS is \"%s\", the most is %d, which is used", text, SOCKETS_MAX);
    return SOCKETS_MAX;
  }
  return value ? (u32)value : SOCKETS_DEFAULT;
}

int table_init(void) {
  struct rlimit limit;
  u32 size = TABLE_MAX;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < TABLE_MAX) size = (u32)limit.rlim_max;
  slots_max = sockets_limit();
  table_slots = reserve(slots_max * sizeof *table_slots);
  table_entries = reserve(size * sizeof *table_entries);
  if (!table_slots || !table_entries) return -ENOMEM;
  table_size = size;
  stale_init();
  return 0;
}

static u32 slot_number(const struct sock *s) { return (u32)(s - table_slots); }

static u32 slot_take(void) {
  u64 head = atomic_load(&free_list);
  while ((u32)head) {
    u64 next = ((head >> 32) + 1) << 32 | table_slots[(u32)head - 1].next_free;
    if (atomic_compare_exchange_weak(&free_list, &head, next)) return (u32)head;
  }
  u32 used = atomic_load(&slots_used);
  while (used < slots_max)
    if (atomic_compare_exchange_weak(&slots_used, &used, used + 1)) return used + 1;
  return 0;
}

struct sock *table_new(struct network *network) {
  u32 number = slot_take();
  if (!number) return NULL;
  struct sock *s = &table_slots[number - 1];
  sock_write(s, &(struct wire_info){.cookie = 0});
  option_local_clear(s);
  atomic_store_explicit(&s->registered, false, memory_order_relaxed);
  atomic_store_explicit(&s->sent_to_own_address, false, memory_order_relaxed);
  atomic_store_explicit(&s->filters, false, memory_order_relaxed);
  atomic_store_explicit(&s->edge, 0, memory_order_relaxed);
  atomic_store_explicit(&s->full, 0, memory_order_relaxed);
  atomic_store_explicit(&s->flow, 0, memory_order_relaxed);
  atomic_store_explicit(&s->name_inode, 0, memory_order_relaxed);
  atomic_store_explicit(&s->filled, 0, memory_order_relaxed);
  atomic_store_explicit(&s->drops, 0, memory_order_relaxed);
  atomic_store_explicit(&s->wants_room, false, memory_order_relaxed);
  atomic_store_explicit(&s->cork, NULL, memory_order_relaxed);
  atomic_store_explicit(&s->errors, NULL, memory_order_relaxed);
  atomic_store_explicit(&s->near, 0, memory_order_relaxed);
  s->network = network;
  atomic_fetch_add(&network->sockets, 1);
  atomic_store_explicit(&s->references, 1, memory_order_release);
  return s;
}

static void slot_free(struct sock *s) {
  atomic_fetch_sub(&s->network->sockets, 1);
  u64 head = atomic_load(&free_list), next;
  do {
    s->next_free = (u32)head;
    next = ((head >> 32) + 1) << 32 | (slot_number(s) + 1);
  } while (!atomic_compare_exchange_weak(&free_list, &head, next));
}

static struct sock *entry_sock(u32 entry) { return TABLE_SLOT(entry) ? &table_slots[TABLE_SLOT(entry) - 1] : NULL; }

/* Takes a reference unless the last one is going at this moment. */
static bool reference(struct sock *s) {
  u32 count = atomic_load(&s->references);
  while (count)
    if (atomic_compare_exchange_weak(&s->references, &count, count + 1)) return true;
  return false;
}

static u32 exchange(int fd, u32 entry) { return (u32)fd < table_size ? atomic_exchange(&table_entries[fd], entry) : 0; }

struct sock *table_find_cookie(u64 cookie) {
  u32 used = atomic_load(&slots_used);
  for (u32 i = 0; i < used; i++) {
    struct sock *s = &table_slots[i];
    if (s->info.cookie != cookie || !reference(s)) continue;
    if (s->info.cookie == cookie) return s;
    table_release(s);
  }
  return NULL;
}

struct sock *table_find_checked(int fd) {
  struct sock *s = table_find(fd);
  if (!s) return NULL;
  u64 cookie;
  socklen_t length = sizeof cookie;
  if (kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) < 0) cookie = 0;
  if (cookie && s->info.cookie == 0) {
    sock_begin(s);
    s->info.cookie = cookie;
    sock_end(s);
  }
  if (cookie == s->info.cookie) {
    if (!s->network->arena && (s->info.flags & FLAG_shared) && s->info.state != STATE_connected) endpoint_refresh(fd, s);
    return s;
  }
  LOG(LOG_DEBUG, "descriptor %d was closed and used again unseen", fd);
  table_drop(fd);
  return NULL;
}

static void reach(int fd) {
  u32 end = atomic_load(&descriptors_end);
  while (end <= (u32)fd && !atomic_compare_exchange_weak(&descriptors_end, &end, (u32)fd + 1)) continue;
}

int table_install(int fd, struct sock *s) {
  if ((u32)fd >= table_size) {
    table_release(s);
    return -EMFILE;
  }
  reach(fd);
  stale_forget(fd);
  u32 entry = slot_number(s) + 1;
  if (s->info.type == SOCK_DGRAM) {
    entry |= TABLE_DATAGRAM;
    atomic_store_explicit(&table_has_datagrams, true, memory_order_relaxed);
  }
  if (capture_is_on(s)) entry |= TABLE_CAPTURED;
  if (atomic_load(&s->served)) entry |= TABLE_SERVED;
  if (s->network->arena && s->info.type == SOCK_STREAM) entry |= TABLE_FRESH;
  struct sock *before = entry_sock(exchange(fd, entry));
  if (before) table_release(before);
  return 0;
}

void table_mark_netlink(int fd) {
  if (table_in_vfork_child || (u32)fd >= table_size) return;
  reach(fd);
  exchange(fd, TABLE_NETLINK);
}

u32 table_set_flags(int fd, u32 flags, bool on) {
  u32 seen = table_entry(fd), wanted;
  do {
    wanted = on ? seen | flags : seen & ~flags;
    if (!seen || wanted == seen) break;
  } while (!atomic_compare_exchange_weak(&table_entries[fd], &seen, wanted));
  return seen & flags;
}

void table_mark_served(struct sock *s) {
  u32 end = atomic_load(&descriptors_end);
  for (u32 fd = 0; fd < end; fd++)
    if (table_find((int)fd) == s) table_set_flags((int)fd, TABLE_SERVED, true);
}

static void journal_descriptor(struct sock *s, enum wire_op op, int fd, u32 detail) {
  if (!s->network->arena || !atomic_load(&s->registered)) return;
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = op, .fd = fd, .detail = detail, .info = &info});
}

void table_copy(int old, int new) {
  if (table_in_vfork_child) return;
  struct sock *s = table_find(old);
  if (!s || !reference(s)) {
    table_drop(new);
    if (table_entry(old) == TABLE_NETLINK) table_mark_netlink(new);
    return;
  }
  u32 noted = table_entry(old) & (TABLE_WATCHED | TABLE_IDLE | TABLE_EXPLORED);
  table_install(new, s);
  if (noted) table_set_flags(new, noted, true);
  journal_descriptor(s, OP_copy, new, (u32)old);
}

/* `open`: the descriptor still holds the socket in the kernel. */
static void release(struct sock *s, int fd, bool open, struct endpoint_remains *remains) {
  u32 left = atomic_load(&s->references) - 1;
  if (fd >= 0) journal_descriptor(s, OP_drop, fd, left);
  if (fd >= 0) stale_mark(fd, s);
  if (left == 0 && capture_is_on(s)) capture_closing(open ? fd : -1, s);
  if (atomic_fetch_sub(&s->references, 1) != 1) return;
  struct wire_info info;
  sock_read(s, &info);
  endpoint_release(s, &info, open, remains);
  if (atomic_load(&s->served)) nameserver_end(s);
  datagram_cork_drop(s);
  error_queue_drop(s);
  slot_free(s);
}

void table_release(struct sock *s) {
  struct endpoint_remains remains = {.network = NULL};
  release(s, -1, false, &remains);
  endpoint_reap(&remains);
}

void table_drop(int fd) {
  if (table_in_vfork_child || !table_entry(fd)) return;
  struct sock *s = entry_sock(exchange(fd, 0));
  if (!s) return;
  struct endpoint_remains remains = {.network = NULL};
  release(s, fd, false, &remains);
  endpoint_reap(&remains);
}

void table_detach(int fd, struct endpoint_remains *remains) {
  remains->network = NULL;
  if (table_entry(fd) & TABLE_EXPLORED) explore_point(POINT_close);
  struct sock *s = table_in_vfork_child || !table_entry(fd) ? NULL : entry_sock(exchange(fd, 0));
  if (s) release(s, fd, true, remains);
}

int table_close(int fd) {
  struct endpoint_remains remains;
  table_detach(fd, &remains);
  int result = kernel_close(fd);
  endpoint_reap(&remains);
  return result;
}

void table_close_range(u32 first, u32 last) {
  u32 end = atomic_load(&descriptors_end);
  for (u32 fd = first; fd < end && fd <= last; fd++)
    if (table_entry((int)fd)) table_close((int)fd);
}

void table_each(void (*visit)(int fd, struct sock *s, void *context), void *context) {
  u32 end = atomic_load(&descriptors_end);
  for (u32 fd = 0; fd < end; fd++) {
    struct sock *s = table_find((int)fd);
    if (s) visit((int)fd, s, context);
  }
}

int table_own(int fd) {
  if (fd < 0 || fd >= OWN_MIN) return fd;
  int high = kernel_fcntl(fd, F_DUPFD_CLOEXEC, OWN_MIN);
  if (high < 0) return fd;
  kernel_close(fd);
  return high;
}
