/* SPDX-License-Identifier: MIT */
#include "capture_write.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena_map.h"
#include "capture_file.h"
#include "log.h"
#include "words.h"

enum { NAP_NS = 200000, NAPS = 5000 };

static __thread u64 signals;

static void hold_signals(void) {
  u64 all = ~0ull;
  kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&signals, sizeof all, 0, 0);
}
static void free_signals(void) { kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&signals, 0, sizeof signals, 0, 0); }

void capture_configure(struct network *n, const char *file) {
  struct capture *c = &n->capture;
  memset(c, 0, sizeof *c);
  c->fd = -1;
  bool in_arena = n->arena && (n->arena->head->features & ARENA_CAPTURE);
  if (!in_arena && (!file || !*file)) return;
  char *at = c->path;
  if (in_arena) {
    file = CAPTURE_FILE;
    at = stpcpy(at, n->dir);
    *at++ = '/';
  } else if (file[0] != '/' && getcwd(c->path, sizeof c->path - 1)) {
    if (strncmp(file, "./", 2) == 0) file += 2;
    at = c->path + strlen(c->path);
    *at++ = '/';
  }
  size_t room = sizeof c->path - (size_t)(at - c->path), length = strlen(file);
  if (length >= room) {
    LOG(LOG_ERROR, "the path of the capture %s is too long: nothing is captured", file);
    c->path[0] = 0;
    return;
  }
  strcpy(at, file);
  c->create = !in_arena;
  c->ng = length > 7 && strcmp(file + length - 7, ".pcapng") == 0;
}

static bool open_all(struct network *n) {
  struct capture *c = &n->capture;
  int result = capture_file_open(n);
  if (result == 0) c->table = capture_table_open(n->dir, c->inode, !c->create);
  if (result == 0 && c->table) return true;
  /* A network that ends takes its directory along while its sockets close. */
  if (c->create || result != -ENOENT)
    LOG(LOG_ERROR, "the capture %s cannot be written (errno %d): this process writes nothing of it", c->path, result ? -result : ENOSPC);
  if (result == 0) capture_file_close(c);
  return false;
}

/* Once in a process. Signals are held. */
static bool is_ready(struct network *n) {
  struct capture *c = &n->capture;
  int state = CAPTURE_UNOPENED;
  if (atomic_compare_exchange_strong(&c->state, &state, CAPTURE_OPENING)) {
    state = open_all(n) ? CAPTURE_READY : CAPTURE_OVER;
    atomic_store(&c->state, state);
  }
  /* Bounded: the thread that opens is not in the child of a fork. */
  for (int naps = 0; state == CAPTURE_OPENING && naps < NAPS; naps++) {
    kernel_nap(NAP_NS);
    state = atomic_load(&c->state);
  }
  return state == CAPTURE_READY;
}

struct capture_table *capture_enter(struct network *n) {
  if (atomic_load(&n->capture.state) == CAPTURE_OVER) return NULL;
  hold_signals();
  if (is_ready(n)) {
    capture_table_lock(n->capture.table);
    if (n->capture.table->was_killed) capture_file_mend(n);
    return n->capture.table;
  }
  free_signals();
  return NULL;
}

void capture_leave(struct network *n) {
  capture_table_unlock(n->capture.table);
  free_signals();
}

/* The mapping stays until nobody can be inside; see network_take. */
void capture_end(struct network *n) {
  struct capture *c = &n->capture;
  bool entered = capture_enter(n) != NULL;
  atomic_store(&c->state, CAPTURE_OVER);
  if (!entered) return;
  capture_file_close(c);
  capture_leave(n);
}

u64 capture_now(struct capture_table *t) {
  u64 now = arena_clock(CLOCK_REALTIME);
  if (now < t->last_ns) now = t->last_ns;
  return t->last_ns = now;
}

const char *capture_comment(char *out, u32 pid, const char *program) {
  char *at = pid ? words_append_number(out, pid) : out;
  if (*program) *at++ = ' ';
  for (int i = 0; i < FLOW_PROGRAM && program[i]; i++) *at++ = program[i];
  *at = 0;
  return out;
}

/* The host that an address belongs to: the last byte of 10.53.57.n, 127.0.0.n and fd00::5357:5fnn. */
static u32 host_of(const struct network *n, const struct address *a) {
  if (n->world.ten && address_is_loopback(a)) return 0;
  u32 last = a->bytes[15];
  return last >= 1 && last <= HOST_MAX ? last : 0;
}

void capture_put(struct network *n, const struct address *from, const struct address *to, const char *comment, const uint8_t *head,
                 size_t head_size, const struct packet_data *data) {
  u32 host = host_of(n, from);
  const struct capture_packet packet = {.host = host ? host : n->world.host,
                                        .loopback = n->world.ten && address_is_loopback(from),
                                        .comment = comment,
                                        .head = head,
                                        .head_size = head_size,
                                        .data = data};
  if (atomic_load(&n->capture.state) == CAPTURE_READY) capture_file_write(n, &packet, capture_now(n->capture.table));
}
