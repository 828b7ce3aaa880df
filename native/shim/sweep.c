/* SPDX-License-Identifier: MIT */
#include "sweep.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "arena_map.h"
#include "unix_list.h"

struct sweep {
  u32 count, mask;
  struct wire_info *infos;
  u32 *by_inode; /* open addressing: number of the info + 1 */
  bool *alive;
};

static u32 place(const struct sweep *s, u64 inode) {
  u32 at = (u32)(inode * 0x9e3779b97f4a7c15ULL >> 32) & s->mask;
  while (s->by_inode[at] && s->infos[s->by_inode[at] - 1].inode != inode) at = (at + 1) & s->mask;
  return at;
}

static bool mark(const struct unix_socket *socket, void *context) {
  struct sweep *s = context;
  u32 number = s->by_inode[place(s, socket->inode)];
  if (number) s->alive[number - 1] = true;
  return false;
}

/* A registry that is full of the living is not looked through for every further socket. */
enum { NOTHING_FOR_NS = 1000000000 };
static _Atomic u64 nothing_since;

void sweep_registry(struct arena *a) {
  u64 now = arena_clock(CLOCK_MONOTONIC), nothing = atomic_load(&nothing_since);
  if (nothing && now - nothing < NOTHING_FOR_NS) return;
  u32 most = a->socket_count;
  size_t infos = most * sizeof(struct wire_info), index = 2 * most * sizeof(u32);
  char *memory = mmap(NULL, infos + index + most, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  struct sweep s = {.mask = 2 * most - 1, .infos = (struct wire_info *)memory};
  s.by_inode = (u32 *)(memory + infos);
  s.alive = (bool *)(memory + infos + index);
  s.count = arena_sockets(a, s.infos, most);
  for (u32 i = 0; i < s.count; i++) s.by_inode[place(&s, s.infos[i].inode)] = i + 1;
  /* An entry without an inode says nothing. */
  bool removed = false;
  if (unix_list(mark, &s) == 0)
    for (u32 i = 0; i < s.count; i++)
      if (!s.alive[i] && s.infos[i].inode) removed = true, arena_socket_remove(a, s.infos[i].cookie);
  atomic_store(&nothing_since, removed ? 0 : now);
  munmap(memory, infos + index + most);
}
