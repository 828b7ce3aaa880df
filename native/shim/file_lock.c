/* SPDX-License-Identifier: MIT */
#include "file_lock.h"

#include <stdatomic.h>
#include <sys/file.h>

/* More than that at once are not known to children. */
enum { LOCKS = 16, FORK_TURNS = 100, FORK_NAP_NS = 1000000 };

static _Atomic int locks[LOCKS]; /* descriptor + 1 */
static _Atomic uint32_t forks_begun, forks_ended;

static void replace(int before, int now) {
  for (int i = 0; i < LOCKS; i++) {
    int expected = before;
    if (atomic_compare_exchange_strong(&locks[i], &expected, now)) return;
  }
}

/* How many forks have begun, once none is under way: a child has a copy of each file that was open, and closes those that it finds in `locks`.
 * Bounded: a signal handler may have interrupted the fork that it would wait for. */
static uint32_t forks_until_now(void) {
  uint32_t begun = atomic_load(&forks_begun);
  for (int turn = 0; begun != atomic_load(&forks_ended) && turn < FORK_TURNS; turn++) {
    kernel_nap(FORK_NAP_NS);
    begun = atomic_load(&forks_begun);
  }
  return begun;
}

int file_lock_open(const char *path, int flags, int operation, uint64_t *signals) {
  for (;;) {
    uint32_t begun = forks_until_now();
    int fd = kernel_open(path, flags | O_CLOEXEC, 0666);
    if (fd < 0) return fd;
    replace(0, fd + 1);
    /* Not locked yet: a child that has the file and does not know it can do no harm. */
    if (atomic_load(&forks_begun) != begun) {
      replace(fd + 1, 0);
      kernel_close(fd);
      continue;
    }
    *signals = kernel_hold_signals();
    int result = (int)kernel_call(SYS_flock, fd, operation, 0, 0, 0, 0);
    if (result >= 0) return fd;
    replace(fd + 1, 0);
    kernel_close(fd);
    kernel_free_signals(*signals);
    return result;
  }
}

void file_lock_close(int fd, uint64_t signals) {
  replace(fd + 1, 0);
  /* A child that another thread has forked meanwhile may hold the file, too: closing it here would not end the lock. */
  kernel_call(SYS_flock, fd, LOCK_UN, 0, 0, 0, 0);
  kernel_close(fd);
  kernel_free_signals(signals);
}

void file_lock_before_fork(void) { atomic_fetch_add(&forks_begun, 1); }

void file_lock_after_fork(void) { atomic_fetch_add(&forks_ended, 1); }

void file_lock_in_child(void) {
  atomic_store(&forks_ended, atomic_load(&forks_begun));
  for (int i = 0; i < LOCKS; i++) {
    int fd = atomic_exchange(&locks[i], 0) - 1;
    if (fd >= 0) kernel_close(fd);
  }
}
