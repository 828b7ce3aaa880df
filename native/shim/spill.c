/* SPDX-License-Identifier: MIT */
#include "spill.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "arena.h"
#include "courier.h"
#include "endpoint.h"
#include "enter.h"
#include "kernel.h"
#include "spill_file.h"
#include "spill_sweep.h"
#include "table.h"

/* After a refill the queue holds 11, so FEW may go before it needs another. */
enum { FEW = 8, PAGE = 4096 };

struct holder {
  ino_t inode;
  u16 port;
  bool found;
};

static ino_t inode_of(const char *path) {
  struct stat file;
  return REAL(stat(path, &file)) == 0 ? file.st_ino : 0;
}

static ino_t own_name(struct sock *s, struct sockaddr_un *out) {
  struct wire_info info;
  socklen_t length;
  sock_read(s, &info);
  if (!endpoint_name(s->network, &info, out, &length)) return 0;
  ino_t inode = atomic_load_explicit(&s->name_inode, memory_order_relaxed);
  if (inode) return inode;
  inode = inode_of(out->sun_path);
  atomic_store_explicit(&s->name_inode, inode, memory_order_relaxed);
  return inode;
}

static void look_at(int fd, struct sock *s, void *context) {
  struct holder *h = context;
  (void)fd;
  if (s->info.type != SOCK_DGRAM || s->info.localPort != h->port || (s->info.flags & FLAG_shared)) return;
  struct sockaddr_un own;
  h->found = h->found || own_name(s, &own) == h->inode;
}

/* Only a process of ours moves on what waits. Without an arena nothing is known of others, and a receiver of this process is found in its table. */
static bool is_read_by_us(const struct network *n, ino_t inode, u16 port) {
  struct wire_info info;
  u32 at = 0;
  if (n->arena) return arena_socket_next(n->arena, &at, SOCK_DGRAM, port, &info);
  struct holder h = {.inode = inode, .port = port};
  table_each(look_at, &h);
  return h.found;
}

/* Where nothing waits although somebody has spilled, that may have been a process that was killed. */
static int look(const struct network *n, ino_t inode, bool make, struct spill *out) {
  int result = spill_open(n, inode, make, out);
  if (result == -ENOENT) spill_vain(n);
  return result;
}

/* The kernel has no room, or the process none for a courier. */
static bool is_lack(long result) {
  return result == -EAGAIN || result == -EMFILE || result == -ENFILE || result == -ENOBUFS || result == -ENOMEM;
}

long spill_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message,
                size_t size, bool full) {
  struct name target;
  ino_t inode = inode_of(to->sun_path);
  if (!inode || name_read(&n->world, to, sizeof *to, &target) < 0) return -ENOENT;
  if (full && !is_read_by_us(n, inode, target.port)) return -EAGAIN;
  struct spill f;
  int result = look(n, inode, full, &f);
  if (result < 0) return is_lack(result) ? (full ? -EAGAIN : -ENOENT) : result;
  long sent = (long)size;
  if (!spill_is_empty(&f)) {
    if (spill_is_orphan(to))
      spill_discard(&f), sent = -ECONNREFUSED;
    else
      spill_append(&f, label, message, size);
  } else if (!full) {
    sent = -ENOENT;
  } else {
    strcpy(f.head.to, to->sun_path);
    /* Said before the queue is looked at: a receiver that takes something out of a full one after that sees it. */
    spill_count(n);
    /* By a courier, since the kernel may also have refused for what the sender has under way to others. */
    sent = courier_send(n, label, to, message);
    if (is_lack(sent)) spill_append(&f, label, message, size), sent = (long)size;
    if (sent == -EPERM) sent = (long)size; /* connected to this sender: the kernel limits it by its own queue, and that is full */
    if (spill_is_empty(&f)) spill_uncount(n);
  }
  spill_close(&f);
  return sent;
}

/* Moves what fits. True when the queue is full now. */
static bool move(struct sock *s, struct spill *f, const struct sockaddr_un *to) {
  u64 before = f->head.begin, start = before & ~(u64)(PAGE - 1);
  u32 drops = atomic_load_explicit(&s->drops, memory_order_relaxed);
  uint8_t *bytes = (uint8_t *)kernel_call(SYS_mmap, 0, (long)(f->head.end - start), PROT_READ, MAP_SHARED, f->fd, (long)start);
  if ((long)bytes < 0 && (long)bytes >= -4095) return false;
  long sent = 0;
  while (!spill_is_empty(f)) {
    struct courier_label label;
    struct iovec part;
    if (!spill_item_first(&s->network->world, &f->head, bytes, start, &label, &part)) {
      f->head.begin = f->head.end;
      break;
    }
    label.drops += drops;
    sent = courier_send(s->network, &label, to, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1});
    if (is_lack(sent)) break;
    spill_item_moved(&f->head, part.iov_len);
  }
  kernel_call(SYS_munmap, (long)bytes, (long)(f->head.end - start), 0, 0, 0, 0);
  if (spill_is_empty(f)) atomic_fetch_add_explicit(&s->drops, f->head.drops, memory_order_relaxed);
  spill_moved(f, before);
  return sent == -EAGAIN;
}

bool spill_refill(struct sock *s, bool empty) {
  struct network *n = s->network;
  /* Another process may take out of the same queue. */
  if (!empty && !(s->info.flags & FLAG_shared) && atomic_load_explicit(&s->filled, memory_order_relaxed)) {
    atomic_fetch_sub_explicit(&s->filled, 1, memory_order_relaxed);
    return true;
  }
  struct sockaddr_un own;
  struct spill f;
  ino_t inode = own_name(s, &own);
  if (!inode || look(n, inode, false, &f) < 0) return false;
  bool waits = !spill_is_empty(&f), full = waits && move(s, &f, &own);
  if (waits && spill_is_empty(&f)) spill_uncount(n);
  atomic_store_explicit(&s->filled, full ? FEW : 0, memory_order_relaxed);
  spill_close(&f);
  return waits;
}

bool spill_waits(struct sock *s) {
  struct sockaddr_un own;
  struct spill f;
  ino_t inode = spill_any(s) ? own_name(s, &own) : 0;
  if (!inode || spill_open(s->network, inode, false, &f) < 0) return false;
  bool waits = !spill_is_empty(&f);
  spill_close(&f);
  return waits;
}

void spill_end(const struct network *n, const char *path) {
  struct spill f;
  ino_t inode = spill_any_in(n) ? inode_of(path) : 0;
  if (!inode || spill_open(n, inode, false, &f) < 0) return;
  spill_discard(&f);
  spill_close(&f);
}

void spill_bury(const struct network *n, ino_t inode) {
  struct spill f;
  if ((n->arena && !spill_any_in(n)) || spill_open(n, inode, false, &f) < 0) return;
  if (n->arena)
    spill_discard(&f);
  else
    f.head.begin = f.head.end; /* the count was that process's own */
  spill_close(&f);
}
