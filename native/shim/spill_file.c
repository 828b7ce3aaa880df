/* SPDX-License-Identifier: MIT */
#include "spill_file.h"

#include <errno.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "file_lock.h"
#include "kernel.h"
#include "spill.h"

enum { PAGE = 4096, HOLE = 1 << 18, FILE_DIGITS = 16 };

static void path_of(const struct network *n, ino_t inode, char *out) {
  static const char hex[] = "0123456789abcdef";
  char *at = stpcpy(stpcpy(out, n->dir), "/q");
  for (int i = 60; i >= 0; i -= 4) *at++ = hex[(u64)inode >> i & 15];
  *at = 0;
}

static int open_path(const struct network *n, bool make, struct spill *out) {
  out->network = n;
  for (;;) {
    out->fd = file_lock_open(out->path, O_RDWR | (make ? O_CREAT : 0), LOCK_EX, &out->signals);
    if (out->fd < 0) return out->fd;
    struct stat file;
    long result = kernel_call(SYS_fstat, out->fd, (long)&file, 0, 0, 0, 0);
    if (result == 0 && file.st_nlink) {                                          /* else it was emptied, and removed, since */
      if (file.st_size == 0) kernel_call(SYS_fchmod, out->fd, 0666, 0, 0, 0, 0); /* the directory keeps others out, whatever the umask */
      if (kernel_pread(out->fd, &out->head, sizeof out->head, 0) != sizeof out->head || !spill_is_sound(&out->head, (u64)file.st_size))
        out->head = (struct spill_head){.begin = sizeof out->head, .end = sizeof out->head};
      return 0;
    }
    file_lock_close(out->fd, out->signals);
    if (result < 0) return (int)result;
  }
}

int spill_open(const struct network *n, ino_t inode, bool make, struct spill *out) {
  path_of(n, inode, out->path);
  return open_path(n, make, out);
}

int spill_open_file(const struct network *n, const char *file, struct spill *out) {
  if (strlen(file) != FILE_DIGITS + 1) return -EINVAL;
  stpcpy(stpcpy(stpcpy(out->path, n->dir), "/"), file);
  return open_path(n, false, out);
}

void spill_close(struct spill *f) {
  if (spill_is_empty(f)) kernel_unlink(f->path);
  file_lock_close(f->fd, f->signals);
}

/* The kernel would answer the same, but with a SIGXFSZ that ends the program. */
static bool is_allowed(u64 size) {
  struct rlimit limit;
  return kernel_call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0) < 0 || size <= limit.rlim_cur;
}

/* A process that may write no files still reads what waits for it: then by a mapping, once the file is there. */
static bool write_head(const struct spill *f, const struct spill_head *head) {
  if (is_allowed(sizeof *head)) return kernel_pwrite(f->fd, head, sizeof *head, 0) == sizeof *head;
  if (f->head.end == sizeof *head) return false;
  struct spill_head *mapped = (struct spill_head *)kernel_call(SYS_mmap, 0, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
  if ((long)mapped < 0 && (long)mapped >= -4095) return false;
  *mapped = *head;
  kernel_call(SYS_munmap, (long)mapped, PAGE, 0, 0, 0, 0);
  return true;
}

static bool append(struct spill *f, const struct courier_label *label, const struct msghdr *message, size_t size) {
  struct spill_head head = f->head;
  struct spill_item item;
  off_t at = (off_t)head.end;
  if (!spill_item_make(&f->network->world, &head, label, size, &item) || !is_allowed(head.end + sizeof item + size)) return false;
  if (kernel_pwrite(f->fd, &item, sizeof item, at) != sizeof item) return false;
  at += (off_t)sizeof item;
  if (size && kernel_call(SYS_pwritev, f->fd, (long)message->msg_iov, (long)message->msg_iovlen, at, 0, 0) != (long)size) return false;
  spill_item_added(&head, size);
  if (!write_head(f, &head)) return false;
  f->head = head;
  return true;
}

void spill_append(struct spill *f, const struct courier_label *label, const struct msghdr *message, size_t size) {
  if (append(f, label, message, size)) return;
  f->head.drops++;
  write_head(f, &f->head);
}

/* Gives back the room of what has been moved. A file system that cannot do that keeps it until the file goes. */
static void punch(struct spill *f, u64 before) {
  if (f->head.begin / HOLE == before / HOLE) return;
  u64 from = (before / HOLE) * HOLE, to = f->head.begin & ~(u64)(PAGE - 1);
  if (from < PAGE) from = PAGE;
  if (to > from) kernel_call(SYS_fallocate, f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (long)from, (long)(to - from), 0, 0);
}

void spill_moved(struct spill *f, u64 before) {
  write_head(f, &f->head);
  punch(f, before);
}

void spill_discard(struct spill *f) {
  if (!spill_is_empty(f)) spill_uncount(f->network);
  f->head.begin = f->head.end;
}

void spill_count(const struct network *n) { atomic_fetch_add(n->spilling, SPILL_TURN + 1); }

void spill_uncount(const struct network *n) {
  u32 now = atomic_load(n->spilling);
  while ((now & SPILL_COUNT) && !atomic_compare_exchange_weak(n->spilling, &now, now - 1)) continue;
}
