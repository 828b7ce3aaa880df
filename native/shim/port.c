/* SPDX-License-Identifier: MIT */
#include "port.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "journal.h"
#include "option_local.h"
#include "unix_list.h"

/* net.ipv4.ip_local_port_range of Linux. */
enum { PORT_FIRST = 32768, PORT_LAST = 60999 };

static u16 next_port(struct network *n, int type) {
  if (n->arena) return arena_next_port(n->arena, type);
  static _Atomic u32 counter, seeded_by;
  u32 pid = journal_pid();
  if (atomic_exchange(&seeded_by, pid) != pid) { /* also after a fork: the child would choose what its parent does */
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    atomic_store(&counter, (u32)now.tv_nsec ^ pid << 8);
  }
  return (u16)(PORT_FIRST + atomic_fetch_add(&counter, 1) % (PORT_LAST - PORT_FIRST + 1));
}

struct live_ports {
  const char *like; /* a name of the same kind */
  u64 bits[0x10000 / 64];
};

static bool add_port(const struct unix_socket *socket, void *context) {
  struct live_ports *live = context;
  u16 port;
  size_t prefix = strlen(live->like) - 4;
  if (strncmp(socket->path, live->like, prefix) == 0 && name_read_port(socket->path + prefix, &port))
    live->bits[port / 64] |= 1ull << (port % 64);
  return false;
}

int port_bind_free(int fd, const struct sock *s, struct address *local, struct names *names, port_bind *bind_at) {
  struct network *n = s->network;
  u16 first = PORT_FIRST, last = PORT_LAST;
  option_local_ports(s, &first, &last);
  u32 count = (u32)last - first + 1, start = next_port(n, s->info.type);
  bool whole = first == PORT_FIRST && last == PORT_LAST;
  int result = -EADDRINUSE;
  for (u32 tries = 0; tries < count && result == -EADDRINUSE; tries++) {
    local->port = whole && tries ? next_port(n, s->info.type) : (u16)(first + (start + tries) % count);
    result = bind_at(fd, s, local, names, USERS_UNASKED);
  }
  struct live_ports live = {.like = names->real.sun_path};
  /* Abstract names end with their sockets. */
  if (result != -EADDRINUSE || !names->real.sun_path[0] || unix_list(add_port, &live) < 0) return result;
  for (u32 port = first; port <= last && result == -EADDRINUSE; port++) {
    if (live.bits[port / 64] >> (port % 64) & 1) continue;
    local->port = (u16)port;
    result = bind_at(fd, s, local, names, USERS_ANY);
  }
  return result;
}
