/* SPDX-License-Identifier: MIT
 * A pipe costs 6 us to make and close, as much as the pass itself, so each process keeps two: one that carries envelopes, and one that tee(2)
 * copies into. Each is one descriptor (a pipe opened for reading and writing by /proc) with a high number, and it is checked before each use:
 * a program that closes all descriptors may give its number to a file. */
#include "pipe.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "enter.h"
#include "journal.h"
#include "kernel.h"
#include "libc.h"
#include "table.h"
#include "words.h"

/* Lower numbers would count as the program's. A carrier whose last envelope nobody took is given up. The mark is the signal of O_ASYNC
 * (F_SETSIG), which travels with the pipe and does nothing without O_ASYNC. */
enum { HIGH = 512, MISSES_MAX = 8, MARK = 63 };

/* `holder` is a try-lock: whoever finds it taken (another thread, the victim of a signal handler) uses a pipe of its own for the one call. */
struct keeper {
  _Atomic u32 holder; /* pid; the one of a fork's parent does not count */
  int fd;             /* 0: none */
  u32 pid;
  u32 misses;
  dev_t device;
  ino_t inode;
};
static struct keeper carrier, scratch;

static bool keeper_lock(struct keeper *k) {
  u32 pid = journal_pid(), holder = atomic_load_explicit(&k->holder, memory_order_relaxed);
  if (table_in_vfork_child || holder == pid) return false;
  return atomic_compare_exchange_strong_explicit(&k->holder, &holder, pid, memory_order_acquire, memory_order_relaxed);
}

static void keeper_unlock(struct keeper *k) { atomic_store_explicit(&k->holder, 0, memory_order_release); }

static int make_two_way(void) {
  int ends[2];
  char path[32];
  int result = (int)REAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  if (result < 0) return result;
  words_append_number(words_append(path, "/proc/self/fd/"), (u64)ends[0]);
  result = kernel_open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  kernel_close(ends[0]);
  kernel_close(ends[1]);
  return result < 0 ? result : table_own(result);
}

static bool is_same(const struct keeper *k) {
  struct stat status;
  return k->fd && REAL(fstat(k->fd, &status)) == 0 && status.st_ino == k->inode && status.st_dev == k->device;
}

static void keeper_drop(struct keeper *k) {
  if (is_same(k)) kernel_close(k->fd);
  k->fd = 0;
}

/* The kept pipe, or -1. Under the lock. A fork's child has its parent's: it makes its own. */
static int keeper_pipe(struct keeper *k) {
  if (is_same(k)) {
    if (k->pid == journal_pid()) return k->fd;
    kernel_close(k->fd);
  }
  k->fd = 0;
  int fd = make_two_way();
  struct stat status;
  if (fd < 0) return -1;
  if (fd < HIGH || REAL(fstat(fd, &status)) < 0 || (k == &carrier && kernel_fcntl(fd, F_SETSIG, MARK) < 0)) {
    kernel_close(fd);
    return -1;
  }
  k->pid = journal_pid();
  k->misses = 0;
  k->device = status.st_dev;
  k->inode = status.st_ino;
  return k->fd = fd;
}

static int write_whole(int fd, const uint8_t *bytes, size_t size) {
  long written = kernel_write(fd, bytes, size);
  if (written >= 0 && (size_t)written < size && kernel_fcntl(fd, F_SETPIPE_SZ, (int)(2 * size)) >= 0) {
    long rest = kernel_write(fd, bytes + written, size - (size_t)written);
    written = rest < 0 ? rest : written + rest;
  }
  if (written < 0) return (int)written;
  return (size_t)written == size ? 0 : -ENOSPC;
}

static int take_new(struct parcel_pipe *out, const uint8_t *bytes, size_t size) {
  int ends[2];
  int result = (int)REAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  if (result < 0) return result;
  result = write_whole(ends[1], bytes, size);
  kernel_close(ends[1]);
  if (result < 0) kernel_close(ends[0]);
  *out = (struct parcel_pipe){.fd = ends[0], .kept = false};
  return result;
}

/* An envelope in the kept pipe means that its message is still under way, or was lost, or went to somebody who does not read envelopes. */
static bool is_empty(struct keeper *k) {
  int waiting = 0;
  if (kernel_ioctl(k->fd, FIONREAD, &waiting) == 0 && waiting == 0) {
    k->misses = 0;
    return true;
  }
  if (++k->misses >= MISSES_MAX) keeper_drop(k);
  return false;
}

int pipe_take(struct parcel_pipe *out, const uint8_t *bytes, size_t size) {
  if (keeper_lock(&carrier)) {
    int fd = keeper_pipe(&carrier);
    if (fd >= 0 && is_empty(&carrier)) {
      if (write_whole(fd, bytes, size) == 0) {
        *out = (struct parcel_pipe){.fd = fd, .kept = true, .inode = carrier.inode};
        return 0;
      }
      keeper_drop(&carrier);
    }
    keeper_unlock(&carrier);
  }
  return take_new(out, bytes, size);
}

void pipe_give(const struct parcel_pipe *p, bool sent) {
  if (!p->kept) {
    kernel_close(p->fd);
    return;
  }
  if (!sent) keeper_drop(&carrier);
  keeper_unlock(&carrier);
}

bool pipe_is_kept(int fd) { return kernel_fcntl(fd, F_GETSIG, 0) == MARK; }

long pipe_read(int fd, uint8_t *to, size_t size) {
  size_t done = 0;
  while (done < size) {
    long got = kernel_read(fd, to + done, size - done);
    if (got == -EINTR) continue;
    if (got < 0 && done == 0) return got;
    if (got <= 0) break;
    done += (size_t)got;
  }
  return (long)done;
}

static long tee_and_read(int fd, int in, int out, uint8_t *to, size_t size) {
  long copied = REAL(tee(fd, in, size, SPLICE_F_NONBLOCK));
  if (copied == 0) return -EAGAIN;
  return copied < 0 ? copied : pipe_read(out, to, (size_t)copied);
}

static long peek_with_new_pipe(int fd, uint8_t *to, size_t size) {
  int ends[2];
  long result = REAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  if (result < 0) return result;
  result = tee_and_read(fd, ends[1], ends[0], to, size);
  kernel_close(ends[0]);
  kernel_close(ends[1]);
  return result;
}

long pipe_peek(int fd, uint8_t *to, size_t size) {
  if (!keeper_lock(&scratch)) return peek_with_new_pipe(fd, to, size);
  int both = keeper_pipe(&scratch);
  long result = both < 0 ? peek_with_new_pipe(fd, to, size) : tee_and_read(fd, both, both, to, size);
  keeper_unlock(&scratch);
  return result;
}

long pipe_looks_like_ours(int fd) {
  struct stat status;
  int waiting = 0;
  if (REAL(fstat(fd, &status)) < 0 || !S_ISFIFO(status.st_mode)) return -EINVAL;
  long flags = kernel_fcntl(fd, F_GETFL, 0);
  if (flags < 0 || !(flags & O_NONBLOCK) || (flags & O_ACCMODE) == O_WRONLY) return -EINVAL;
  long result = kernel_ioctl(fd, FIONREAD, &waiting);
  return result < 0 ? result : waiting;
}
