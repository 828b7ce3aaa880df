/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "capture.h"
#include "capture_table.h"
#include "journal.h"
#include "libc.h"
#include "log.h"
#include "table.h"

enum { REFUSE = -1, SLOT_BITS = 12, SLOT_MASK = (1 << SLOT_BITS) - 1 };
static_assert((int)NETWORK_MAX <= (int)SLOT_MASK, "an id has SLOT_BITS for its slot");

static struct network *networks; /* by slot */
static _Atomic u32 networks_used;
static _Atomic int process_network;
static __thread int thread_network;

/* An id is generation << SLOT_BITS | slot + 1: the id of a closed network is never that of a later one. */
static struct network *network_by_id(int id) {
  u32 slot = (u32)id & SLOT_MASK;
  if (id < 1 || slot == 0 || slot > atomic_load_explicit(&networks_used, memory_order_acquire)) return NULL;
  struct network *n = &networks[slot - 1];
  return atomic_load_explicit(&n->open, memory_order_acquire) && n->id == (u32)id ? n : NULL;
}

/* One "address[/prefix][:port]"; IPv6 in brackets. */
static int passthrough_parse(char *text, struct passthrough *out) {
  char *port = strrchr(text, ':'), *host = text;
  *out = (struct passthrough){.prefix = 128};
  if (text[0] == '[') {
    char *end = strchr(text, ']');
    if (!end) return -EINVAL;
    *end = 0;
    host = text + 1;
    port = end[1] == ':' ? end + 1 : NULL;
  }
  if (port) {
    *port++ = 0;
    char *end;
    unsigned long value = strtoul(port, &end, 10);
    if (*end || value > 65535) return -EINVAL;
    out->port = (u16)value;
  }
  char *slash = strchr(host, '/');
  if (slash) *slash++ = 0;
  u32 base = 0;
  if (inet_pton(AF_INET, host, out->bytes + 12) == 1) {
    out->bytes[10] = out->bytes[11] = 0xff;
    base = 96;
  } else if (inet_pton(AF_INET6, host, out->bytes) != 1) {
    return -EINVAL;
  }
  if (slash) {
    char *end;
    unsigned long value = strtoul(slash, &end, 10);
    if (*end || value + base > 128) return -EINVAL;
    out->prefix = base + (u32)value;
  }
  return 0;
}

static int passthrough_read(struct network *n, const char *list) {
  size_t names = 0;
  n->passed_names[0] = 0;
  for (n->passthrough_count = 0; list && *list;) {
    char one[64];
    size_t length = strcspn(list, ",");
    if (memchr(list, '=', length)) {
      if (names + length + 2 > sizeof n->passed_names) return -E2BIG;
      memcpy(n->passed_names + names, list, length);
      names += length;
      strcpy(n->passed_names + names++, ",");
      list += length + (list[length] == ',');
      continue;
    }
    if (length >= sizeof one || n->passthrough_count == PASSTHROUGH_MAX) return -E2BIG;
    memcpy(one, list, length);
    one[length] = 0;
    int result = passthrough_parse(one, &n->passthrough[n->passthrough_count]);
    if (result < 0) {
      LOG(LOG_ERROR, "passthrough \"%s\" is no address[/prefix][:port]", one);
      return result;
    }
    n->passthrough_count++;
    list += length + (list[length] == ',');
  }
  return 0;
}

bool network_passes_through(const struct network *n, const struct address *a) {
  for (u32 i = 0; i < n->passthrough_count; i++) {
    const struct passthrough *p = &n->passthrough[i];
    if (p->port && p->port != a->port) continue;
    u32 whole = p->prefix / 8, rest = p->prefix % 8;
    if (memcmp(p->bytes, a->bytes, whole) != 0) continue;
    if (!rest || ((p->bytes[whole] ^ a->bytes[whole]) & (0xff00 >> rest) & 0xff) == 0) return true;
  }
  return false;
}

struct network *network_current(void) {
  if (thread_network) return network_by_id(thread_network);
  return network_by_id(atomic_load_explicit(&process_network, memory_order_acquire));
}

struct network *network_world(void) {
  struct network *n = network_current();
  return n && n->arena ? n : NULL;
}

bool network_is_refused(void) { return thread_network == REFUSE || (thread_network && !network_by_id(thread_network)); }

/* A closed network that no slot refers to, or a new one. */
static struct network *network_take(void) {
  u32 used = atomic_load(&networks_used);
  for (u32 i = 0; i < used; i++) {
    struct network *n = &networks[i];
    if (!atomic_load(&n->open) && atomic_load(&n->sockets) == 0) {
      if (n->arena) arena_close(n->arena);
      n->arena = NULL;
      n->id = (n->id + (1 << SLOT_BITS)) & INT32_MAX;
      return n;
    }
  }
  if (used == NETWORK_MAX) return NULL;
  networks[used].id = used + 1; /* generation 0 */
  return &networks[used];
}

static int network_prepare(struct network *n, const char *dir, u32 host, bool ten) {
  n->error = 0;
  if (n->capture.table) capture_table_close(n->capture.table);
  memset(&n->capture, 0, sizeof n->capture);
  n->world = (struct name_world){.ten = ten, .host = host, .dir = n->dir};
  if (strlen(dir) > NAME_DIR_MAX) {
    LOG(LOG_ERROR, "directory %s has %lu bytes, at most %d fit: use a shorter path", dir, (unsigned long)strlen(dir), NAME_DIR_MAX);
    return n->error = -ENAMETOOLONG;
  }
  strcpy(n->dir, dir);
  struct stat status;
  n->is_for_all = stat(dir, &status) == 0 && (status.st_mode & (S_IWGRP | S_IWOTH));
  n->spilling = &n->own_spilling;
  atomic_store(&n->own_spilling, 0);
  atomic_store(&n->own_crowded, false);
  int result = arena_open(n->dir, &n->arena);
  if (result < 0) {
    n->arena = NULL;
    if (result != -ENOENT) LOG(LOG_ERROR, "arena of %s cannot be used (errno %d): nothing of this process is recorded", dir, -result);
    return 0;
  }
  struct wire_arena *head = arena_head(n->arena);
  n->spilling = (_Atomic u32 *)&head->spilling;
  if (head->features & ARENA_ABSTRACT_CLIENTS) n->world.network_id = head->networkId;
  return 0;
}

static void network_publish(struct network *n) {
  atomic_store_explicit(&n->open, true, memory_order_release);
  u32 slot = n->id & SLOT_MASK;
  if (slot > atomic_load(&networks_used)) atomic_store_explicit(&networks_used, slot, memory_order_release);
}

/* "7x" is 7; what is missing, 0, above 64 or no number is 1: programs rely on it (behaviour of the reference). */
static u32 default_interface(void) {
  const char *text = getenv("SOCKET_WRAPPER_DEFAULT_IFACE");
  unsigned long value = text ? strtoul(text, NULL, 10) : 1;
  return value >= 1 && value <= HOST_MAX ? (u32)value : 1;
}

struct network *network_from_environment(void) {
  const char *given = getenv("SOCKET_WRAPPER_DIR");
  if (!given || !*given) return NULL;
  struct network *n = network_take();
  if (!n) return NULL;
  const char *v4 = getenv("SOCKET_WRAPPER_IPV4_NETWORK");
  bool ten = v4 && strcmp(v4, "10.53.57.0") == 0;
  if (v4 && !ten && strcmp(v4, "127.0.0.0") != 0)
    LOG(LOG_ERROR, "SOCKET_WRAPPER_IPV4_NETWORK is \"%s\", allowed are 127.0.0.0 and 10.53.57.0: 127.0.0.0 is used", v4);
  char resolved[PATH_MAX];
  const char *dir = realpath(given, resolved);
  if (!dir) {
    n->error = -errno;
    n->world = (struct name_world){.ten = ten, .host = 1, .dir = n->dir};
    LOG(LOG_ERROR, "SOCKET_WRAPPER_DIR %s cannot be used (errno %d): inet sockets of this process fail with it", given, errno);
  } else {
    if (strlen(dir) > NAME_DIR_MAX && getenv("SOCKET_WRAPPER_DIR_ALLOW_ORIG")) dir = given;
    network_prepare(n, dir, default_interface(), ten);
    capture_configure(n, getenv("SOCKET_WRAPPER_PCAP_FILE"));
  }
  if (passthrough_read(n, getenv("VITEST_SOCKET_WRAPPER_PASSTHROUGH")) < 0)
    LOG(LOG_ERROR, "VITEST_SOCKET_WRAPPER_PASSTHROUGH is used up to its first bad entry");
  network_publish(n);
  atomic_store(&process_network, (int)n->id);
  return n;
}

int network_init(void) {
  networks = mmap(NULL, NETWORK_MAX * sizeof *networks, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (networks != MAP_FAILED) return 0;
  networks = NULL;
  return -errno;
}

int network_open(const char *dir, u32 host, const char *passthrough) {
  if (host < 1 || host > HOST_MAX) return -EINVAL;
  if (access(dir, W_OK | X_OK) < 0) return -errno;
  struct network *n = network_take();
  if (!n) return -ENFILE;
  int result = network_prepare(n, dir, host, true);
  if (result < 0) return result;
  capture_configure(n, NULL);
  result = passthrough_read(n, passthrough);
  if (result < 0) return result;
  network_publish(n);
  if (n->arena) arena_process_add(n->arena, getpid(), getppid(), host, PROCESS_UNDER_SHIM | PROCESS_TEST, "test");
  return (int)n->id;
}

static void shut(int fd, struct sock *s, void *network) {
  if (s->network == network) libc.shutdown(fd, SHUT_RDWR);
}

int network_close(int id) {
  struct network *n = network_by_id(id);
  if (!n) return -ENOENT;
  atomic_store_explicit(&n->open, false, memory_order_release);
  capture_end(n);
  table_each(shut, n);
  return 0;
}

int network_enter(int id) {
  int before = thread_network;
  if (id != REFUSE && id != 0 && !network_by_id(id)) return -ENOENT;
  thread_network = id;
  return before;
}

int network_enter_process(int id) {
  if (id != 0 && !network_by_id(id)) return -ENOENT;
  return atomic_exchange(&process_network, id);
}

struct arena *network_arena(int id) {
  struct network *n = network_by_id(id);
  return n ? n->arena : NULL;
}
