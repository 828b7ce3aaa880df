/* SPDX-License-Identifier: MIT */
#include "spill_sweep.h"

#include <errno.h>
#include <string.h>

#include "directory.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "root.h"
#include "spill.h"
#include "spill_file.h"

/* A walk costs as much as a few dozen vain looks. */
enum { VAIN_MAX = 64 };

bool spill_is_orphan(const struct sockaddr_un *to) {
  int fd = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC);
  if (fd < 0) return false;
  int result = root_probe(fd, to, sizeof *to);
  kernel_close(fd);
  return result == -ECONNREFUSED || result == -ENOENT;
}

struct sweep {
  const struct network *network;
  bool found;
};

static void look_at(int fd, const char *name, void *context) {
  struct sweep *sweep = context;
  struct spill f;
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  (void)fd;
  if (name[0] != 'q' || spill_open_file(sweep->network, name, &f) < 0) return;
  sweep->found = true;
  memcpy(to.sun_path, f.head.to, sizeof to.sun_path - 1);
  if (!spill_is_empty(&f) && spill_is_orphan(&to)) spill_discard(&f);
  spill_close(&f);
}

void spill_reap(const struct network *n) {
  if (!n->arena || !spill_any_in(n)) return;
  u32 before = atomic_load(n->spilling);
  struct sweep sweep = {.network = n};
  int fd = kernel_open(n->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return;
  directory_each(fd, look_at, &sweep);
  kernel_close(fd);
  /* Who counts one has its file from before until after: without any, all that were counted then are of the dead. */
  if (!sweep.found) atomic_compare_exchange_strong(n->spilling, &before, before & ~(u32)SPILL_COUNT);
}

void spill_vain(const struct network *n) {
  static _Atomic u32 vain;
  if ((atomic_fetch_add_explicit(&vain, 1, memory_order_relaxed) + 1) % VAIN_MAX == 0) spill_reap(n);
}
