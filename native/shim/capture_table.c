/* SPDX-License-Identifier: MIT */
#include "capture_table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "arena_map.h"
#include "journal.h"
#include "kernel.h"
#include "life.h"

enum { OVER_NS = 100000000, SPINS = 100, NAP_NS = 10000000, STOPPED_NAPS = 20 };

static void number_text(char *at, u64 value) {
  static const char hex[] = "0123456789abcdef";
  for (int shift = 60; shift >= 0; shift -= 4) *at++ = hex[value >> shift & 15];
  *at = 0;
}

/* All of it is allocated, so that a full disk is an error here and never a SIGBUS later. */
static struct capture_table *map(int fd) {
  struct rlimit limit;
  /* The kernel would answer the same, but with a SIGXFSZ that ends the program. */
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < sizeof(struct capture_table)) return NULL;
  int error;
  do error = posix_fallocate(fd, 0, sizeof(struct capture_table));
  while (error == EINTR);
  if (error) return NULL;
  long at = kernel_call(SYS_mmap, 0, sizeof(struct capture_table), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  return at < 0 && at >= -4095 ? NULL : (struct capture_table *)at;
}

struct capture_table *capture_table_open(const char *dir, u64 inode, bool for_all) {
  char path[NAME_DIR_MAX + 40];
  number_text(stpcpy(stpcpy(path, dir), "/capture-"), inode);
  int fd = kernel_open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
  if (fd < 0) return NULL;
  if (for_all) kernel_call(SYS_fchmod, fd, 0666, 0, 0, 0, 0); /* its owner succeeds */
  struct capture_table *t = map(fd);
  kernel_close(fd);
  return t;
}

void capture_table_close(struct capture_table *t) { kernel_call(SYS_munmap, (long)t, sizeof *t, 0, 0, 0, 0); }

static u32 *futex_of(struct capture_table *t) { return (u32 *)&t->owner + 1; }

/* Returns when the owner may have changed. `naps` counts how often it was seen asleep. */
static void wait_for(struct capture_table *t, u64 owner) {
  struct timespec nap = {0, NAP_NS};
  ADD(t->waiters, 1);
  kernel_futex_wait(futex_of(t), (u32)(owner >> 32), &nap);
  ADD(t->waiters, -1);
}

void capture_table_lock(struct capture_table *t) {
  u64 own = (u64)journal_tid() << 32 | journal_pid(), seen = 0;
  for (int turn = 0, naps = 0;; turn++) {
    u64 owner = LOAD(t->owner);
    bool free = owner == 0, killed = false;
    if (owner != seen) naps = 0;
    seen = owner;
    if (!free && turn >= SPINS) {
      wait_for(t, owner);
      enum life_thread life = LOAD(t->owner) == owner ? life_thread((pid_t)(u32)owner, (pid_t)(owner >> 32)) : LIFE_RUNS;
      killed = life == LIFE_OVER;
      free = killed || (life == LIFE_STOPPED && ++naps > STOPPED_NAPS);
    }
    if (free && SWAP(t->owner, owner, own)) {
      if (killed) t->was_killed = 1;
      return;
    }
    arena_pause();
  }
}

void capture_table_unlock(struct capture_table *t) {
  u64 own = (u64)journal_tid() << 32 | journal_pid();
  SWAP(t->owner, own, 0); /* somebody may have succeeded a stopped owner */
  if (LOAD_ORDERED(t->waiters)) kernel_futex_wake(futex_of(t), 1);
}

struct flow *flow_of_cookie(struct capture_table *t, u64 cookie, u32 *hint) {
  if (!cookie) return NULL;
  for (u32 i = *hint; i; i = 0) {
    struct flow *f = &t->flows[i - 1];
    if (f->key && (f->side[CLIENT].cookie == cookie || f->side[SERVER].cookie == cookie)) return f;
  }
  for (u32 i = 0; i < t->used && i < FLOW_COUNT; i++) {
    struct flow *f = &t->flows[i];
    if (!f->key || (f->side[CLIENT].cookie != cookie && f->side[SERVER].cookie != cookie)) continue;
    *hint = i + 1;
    return f;
  }
  return NULL;
}

struct flow *flow_of_client(struct capture_table *t, u64 key) {
  struct flow *oldest = NULL;
  for (u32 i = 0; i < t->used && i < FLOW_COUNT; i++) {
    struct flow *f = &t->flows[i];
    if (f->key == key && !f->side[SERVER].cookie && (!oldest || f->used_ns < oldest->used_ns)) oldest = f;
  }
  return oldest;
}

struct flow *flow_new(struct capture_table *t, u64 key, u64 now_ns) {
  struct flow *found = NULL;
  for (u32 i = 0; i < FLOW_COUNT; i++) {
    struct flow *f = &t->flows[i];
    if (!f->key || ((f->flags & FLOW_OVER) && f->used_ns + OVER_NS < now_ns)) {
      found = f;
      if (i >= t->used) t->used = i + 1;
      break;
    }
    if (!found || f->used_ns < found->used_ns) found = f;
  }
  memset(found, 0, sizeof *found);
  found->key = key;
  found->used_ns = now_ns;
  return found;
}
