/* SPDX-License-Identifier: MIT */
#include "spill.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "arena.h"
#include "endpoint.h"
#include "enter.h"
#include "file_lock.h"
#include "kernel.h"
#include "libc.h"
#include "table.h"

/* CHARGE_MAX: the most SO_RCVBUF that an ordinary user may ask for (net.core.rmem_max of 212992, doubled); CHARGE: what the kernel's bookkeeping
 * of one datagram takes from it (768 bytes measured for small ones). After a refill the queue holds 11, so FEW may go before it needs another. */
enum { CHARGE_MAX = 425984, CHARGE = 768, FEW = 8, PAGE = 4096, HOLE = 1 << 18 };

/* The file: the head, then the datagrams from `begin` to `end`, each with a head of its own. */
struct spill_head {
  u64 begin, end, charge;
};
struct spill_item {
  u64 size;
  struct courier_label label;
};

struct spill {
  int fd;
  u64 signals;
  char path[PATH_MAX];
  struct spill_head head;
};

static void path_of(const struct network *n, ino_t inode, char *out) {
  static const char hex[] = "0123456789abcdef";
  char *at = stpcpy(stpcpy(out, n->dir), "/q");
  for (int i = 60; i >= 0; i -= 4) *at++ = hex[(u64)inode >> i & 15];
  *at = 0;
}

/* Opens and locks the file that waits for a receiver. 0; -ENOENT: nothing waits. */
static int spill_open(const struct network *n, ino_t inode, bool make, struct spill *out) {
  path_of(n, inode, out->path);
  for (;;) {
    out->fd = file_lock_open(out->path, O_RDWR | (make ? O_CREAT : 0), LOCK_EX, &out->signals);
    if (out->fd < 0) return out->fd;
    struct stat file;
    long result = kernel_call(SYS_fstat, out->fd, (long)&file, 0, 0, 0, 0);
    if (result == 0 && file.st_nlink) {                                          /* else it was emptied, and removed, since */
      if (file.st_size == 0) kernel_call(SYS_fchmod, out->fd, 0666, 0, 0, 0, 0); /* the directory keeps others out, whatever the umask */
      if (kernel_pread(out->fd, &out->head, sizeof out->head, 0) != sizeof out->head)
        out->head = (struct spill_head){sizeof out->head, sizeof out->head, 0};
      return 0;
    }
    file_lock_close(out->fd, out->signals);
    if (result < 0) return (int)result;
  }
}

static bool is_empty(const struct spill *f) { return f->head.begin == f->head.end; }

/* An empty file goes: what is asked of the directory is asked only while one is there. */
static void spill_close(struct spill *f) {
  if (is_empty(f)) kernel_unlink(f->path);
  file_lock_close(f->fd, f->signals);
}

static bool write_head(struct spill *f) { return kernel_pwrite(f->fd, &f->head, sizeof f->head, 0) == sizeof f->head; }

static bool append(struct spill *f, const struct courier_label *label, const struct msghdr *message, size_t size) {
  struct spill_item item = {.size = size, .label = *label};
  off_t at = (off_t)f->head.end;
  if (kernel_pwrite(f->fd, &item, sizeof item, at) != sizeof item) return false;
  at += (off_t)sizeof item;
  if (size && kernel_call(SYS_pwritev, f->fd, (long)message->msg_iov, (long)message->msg_iovlen, at, 0, 0) != (long)size) return false;
  f->head.end = (u64)at + size;
  f->head.charge += size + CHARGE;
  return write_head(f);
}

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

long spill_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message,
                size_t size, bool full) {
  struct name target;
  ino_t inode = inode_of(to->sun_path);
  if (!inode || name_read(&n->world, to, sizeof *to, &target) < 0) return -ENOENT;
  if (full && !is_read_by_us(n, inode, target.port)) return -EAGAIN;
  struct spill f;
  int result = spill_open(n, inode, full, &f);
  if (result < 0) return result;
  long sent = (long)size;
  if (!is_empty(&f)) {
    if (f.head.charge + size + CHARGE <= CHARGE_MAX && !append(&f, label, message, size)) sent = -ENOBUFS;
  } else if (!full) {
    sent = -ENOENT;
  } else {
    /* Said before the queue is looked at: a receiver that takes something out of a full one after that sees it. */
    atomic_fetch_add(n->spilling, 1);
    /* By a courier, since the kernel may also have refused for what the sender has under way to others. */
    sent = courier_send(n, label, to, message);
    if (sent == -EAGAIN) sent = append(&f, label, message, size) ? (long)size : -ENOBUFS;
    if (sent == -EPERM) sent = (long)size; /* connected to this sender: the kernel limits it by its own queue, and that is full */
    if (is_empty(&f)) atomic_fetch_sub(n->spilling, 1);
  }
  spill_close(&f);
  return sent;
}

/* Gives back the room of what has been moved. A file system that cannot do that keeps it until the file goes. */
static void punch(struct spill *f, u64 before) {
  if (f->head.begin / HOLE == before / HOLE) return;
  u64 from = (before / HOLE) * HOLE, to = f->head.begin & ~(u64)(PAGE - 1);
  if (from < PAGE) from = PAGE;
  if (to > from) (void)REAL(fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)(to - from)));
}

/* Moves what fits. True when the queue is full now. */
static bool move(const struct network *n, struct spill *f, const struct sockaddr_un *to) {
  u64 before = f->head.begin, start = before & ~(u64)(PAGE - 1);
  uint8_t *bytes = (uint8_t *)kernel_call(SYS_mmap, 0, (long)(f->head.end - start), PROT_READ, MAP_SHARED, f->fd, (long)start);
  if ((long)bytes < 0 && (long)bytes >= -4095) return false;
  bool full = false;
  while (!is_empty(f)) {
    struct spill_item item;
    memcpy(&item, bytes + (f->head.begin - start), sizeof item);
    struct iovec part = {bytes + (f->head.begin - start) + sizeof item, item.size};
    full = courier_send(n, &item.label, to, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}) == -EAGAIN;
    if (full) break;
    f->head.begin += sizeof item + item.size;
    f->head.charge -= item.size + CHARGE;
  }
  kernel_call(SYS_munmap, (long)bytes, (long)(f->head.end - start), 0, 0, 0, 0);
  write_head(f);
  punch(f, before);
  return full;
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
  if (!inode || spill_open(n, inode, false, &f) < 0) return false;
  bool waits = !is_empty(&f), full = waits && move(n, &f, &own);
  if (waits && is_empty(&f)) atomic_fetch_sub(n->spilling, 1);
  atomic_store_explicit(&s->filled, full ? FEW : 0, memory_order_relaxed);
  spill_close(&f);
  return waits;
}

bool spill_waits(struct sock *s) {
  struct sockaddr_un own;
  struct spill f;
  ino_t inode = spill_any(s) ? own_name(s, &own) : 0;
  if (!inode || spill_open(s->network, inode, false, &f) < 0) return false;
  bool waits = !is_empty(&f);
  spill_close(&f);
  return waits;
}

void spill_end(const struct network *n, const char *path) {
  struct spill f;
  ino_t inode = atomic_load(n->spilling) ? inode_of(path) : 0;
  if (!inode || spill_open(n, inode, false, &f) < 0) return;
  if (!is_empty(&f)) atomic_fetch_sub(n->spilling, 1);
  f.head.begin = f.head.end;
  spill_close(&f);
}
