/* SPDX-License-Identifier: MIT
 * tee(2) needs a second pipe. It is kept as one descriptor (a pipe opened for reading and writing by /proc), so that a receiver pays two
 * system calls and not five, and it is checked before each use: a program that closes all descriptors may give its number to a file. */
#include "pipe.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "enter.h"
#include "journal.h"
#include "kernel.h"
#include "libc.h"
#include "table.h"

enum { HIGH = 512 };

/* `busy` is a try-lock: whoever finds it taken (another thread, a signal handler's victim) uses a pipe of its own for the one call. */
static struct {
  atomic_flag busy;
  int fd; /* 0: none */
  u32 pid;
  dev_t device;
  ino_t inode;
} kept = {.busy = ATOMIC_FLAG_INIT};

int pipe_holding(const uint8_t *bytes, size_t size) {
  int ends[2];
  int result = (int)REAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  if (result < 0) return result;
  long written = REAL(libc.write(ends[1], bytes, size));
  if (written >= 0 && (size_t)written < size && libc.fcntl(ends[1], F_SETPIPE_SZ, (int)(2 * size)) >= 0) {
    long rest = REAL(libc.write(ends[1], bytes + written, size - (size_t)written));
    written = rest < 0 ? rest : written + rest;
  }
  libc.close(ends[1]);
  if (written >= 0 && (size_t)written == size) return ends[0];
  libc.close(ends[0]);
  return written < 0 ? (int)written : -ENOSPC;
}

static long tee_and_read(int fd, int in, int out, uint8_t *to, size_t size) {
  long copied = REAL(tee(fd, in, size, SPLICE_F_NONBLOCK));
  if (copied == 0) return -EAGAIN;
  long done = 0;
  while (done < copied) {
    long got = REAL(libc.read(out, to + done, (size_t)(copied - done)));
    if (got == -EINTR) continue;
    if (got <= 0) return got < 0 ? got : -EIO;
    done += got;
  }
  return copied;
}

static long peek_with_new_pipe(int fd, uint8_t *to, size_t size) {
  int ends[2];
  long result = REAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK));
  if (result < 0) return result;
  result = tee_and_read(fd, ends[1], ends[0], to, size);
  libc.close(ends[0]);
  libc.close(ends[1]);
  return result;
}

/* Only high numbers are kept: a low one would count as the program's. */
static int make_kept(void) {
  int ends[2];
  if (REAL(pipe2(ends, O_CLOEXEC | O_NONBLOCK)) < 0) return -1;
  char path[sizeof "/proc/self/fd/-2147483648"];
  char *at = path + sizeof path;
  *--at = 0;
  u32 number = (u32)ends[0];
  do *--at = (char)('0' + number % 10);
  while (number /= 10);
  at -= sizeof "/proc/self/fd/" - 1;
  memcpy(at, "/proc/self/fd/", sizeof "/proc/self/fd/" - 1);
  int both = kernel_open(at, O_RDWR | O_NONBLOCK | O_CLOEXEC, 0);
  libc.close(ends[0]);
  libc.close(ends[1]);
  if (both < 0) return -1;
  both = table_own(both);
  struct stat status;
  if (both >= HIGH && fstat(both, &status) == 0) {
    kept.fd = both;
    kept.pid = journal_pid();
    kept.device = status.st_dev;
    kept.inode = status.st_ino;
    return both;
  }
  libc.close(both);
  return -1;
}

/* The kept descriptor, when it still is the pipe that we made and no other process reads from it. */
static int take_kept(void) {
  struct stat status;
  bool same = kept.fd && fstat(kept.fd, &status) == 0 && status.st_ino == kept.inode && status.st_dev == kept.device;
  if (same && kept.pid == journal_pid()) return kept.fd;
  if (same) libc.close(kept.fd); /* a fork's child shares the pipe with its parent */
  kept.fd = 0;
  return make_kept();
}

long pipe_peek(int fd, uint8_t *to, size_t size) {
  if (table_in_vfork_child || atomic_flag_test_and_set(&kept.busy)) return peek_with_new_pipe(fd, to, size);
  int saved = errno;
  int scratch = take_kept();
  errno = saved;
  long result = scratch < 0 ? peek_with_new_pipe(fd, to, size) : tee_and_read(fd, scratch, scratch, to, size);
  atomic_flag_clear(&kept.busy);
  return result;
}

long pipe_looks_like_ours(int fd) {
  struct stat status;
  int waiting = 0;
  if (REAL(fstat(fd, &status)) < 0 || !S_ISFIFO(status.st_mode)) return -EINVAL;
  if (REAL(libc.fcntl(fd, F_GETFL)) != O_NONBLOCK) return -EINVAL;
  long result = REAL(libc.ioctl(fd, FIONREAD, &waiting));
  return result < 0 ? result : waiting;
}
