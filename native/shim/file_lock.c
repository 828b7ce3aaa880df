/* SPDX-License-Identifier: MIT */
#include "file_lock.h"

#include <stdatomic.h>
#include <sys/file.h>

/* More than that at once are not known to children. */
enum { LOCKS = 16 };

static _Atomic int locks[LOCKS]; /* descriptor + 1 */
static _Atomic uint32_t forks;

static void replace(int before, int now) {
  for (int i = 0; i < LOCKS; i++) {
    int expected = before;
    if (atomic_compare_exchange_strong(&locks[i], &expected, now)) return;
  }
}

int file_lock_open(const char *path, int flags, int operation, uint64_t *signals) {
  for (;;) {
    uint32_t before = atomic_load(&forks);
    int fd = kernel_open(path, flags | O_CLOEXEC, 0666);
    if (fd < 0) return fd;
    *signals = kernel_hold_signals();
    int result = (int)kernel_call(SYS_flock, fd, operation, 0, 0, 0, 0);
    if (result < 0) {
      kernel_close(fd);
      kernel_free_signals(*signals);
      return result;
    }
    replace(0, fd + 1);
    if (atomic_load(&forks) == before) return fd;
    file_lock_close(fd, *signals); /* a child may have the file and not know it */
  }
}

void file_lock_close(int fd, uint64_t signals) {
  replace(fd + 1, 0);
  /* A child that another thread has forked meanwhile may hold the file, too: closing it here would not end the lock. */
  kernel_call(SYS_flock, fd, LOCK_UN, 0, 0, 0, 0);
  kernel_close(fd);
  kernel_free_signals(signals);
}

void file_lock_before_fork(void) { atomic_fetch_add(&forks, 1); }

void file_lock_in_child(void) {
  for (int i = 0; i < LOCKS; i++) {
    int fd = atomic_exchange(&locks[i], 0) - 1;
    if (fd >= 0) kernel_close(fd);
  }
}
