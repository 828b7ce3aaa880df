/* SPDX-License-Identifier: MIT
 * What the arena knows of a socket. */
#include "endpoint.h"

#include <sys/stat.h>

#include "arena.h"
#include "journal.h"
#include "kernel.h"
#include "sweep.h"

void endpoint_publish(int fd, struct sock *s) {
  struct arena *arena = s->network->arena;
  if (!arena) return;
  bool first = !atomic_exchange(&s->registered, true);
  u64 cookie = s->info.cookie, inode = s->info.inode;
  socklen_t length = sizeof cookie;
  if (cookie == 0) kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length);
  if (inode == 0) {
    struct stat status;
    if (fstat(fd, &status) == 0) inode = status.st_ino;
  }
  u32 newest = first ? 0 : arena_socket_version(arena, cookie);
  /* The one flag that the other end writes. */
  struct wire_info theirs;
  bool reset = newest > s->info.version && arena_socket_get(arena, cookie, &theirs) && (theirs.flags & FLAG_reset);
  sock_begin(s);
  if (reset) s->info.flags |= FLAG_reset;
  s->info.cookie = cookie;
  s->info.inode = inode;
  if (s->info.bornPid == 0) s->info.bornPid = journal_pid();
  s->info.version = (newest > s->info.version ? newest : s->info.version) + 1;
  sock_end(s);
  struct wire_info info;
  sock_read(s, &info);
  if (arena_socket_store(arena, &info)) return;
  sweep_registry(arena);
  arena_socket_put(arena, &info);
}

void endpoint_record(int fd, struct sock *s, enum wire_op op, long result, u32 detail) {
  if (!s->network->arena) return;
  endpoint_publish(fd, s);
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = op, .fd = fd, .result = result, .detail = detail, .info = &info});
}
