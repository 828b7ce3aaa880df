/* SPDX-License-Identifier: MIT */
#include "consume.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "explore.h"
#include "journal.h"
#include "kernel.h"
#include "stream.h"

_Atomic bool consume_is_begun;

static void write_of(int fd, const struct sock *s, enum wire_op op, u32 detail) {
  if (!s->network->arena || !atomic_load(&s->registered)) return;
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = op, .fd = fd, .detail = detail, .info = &info});
}

/* Others may hold it: where orders are explored, each use is a hand-over. */
static void note(int fd, u32 flags) { table_set_flags(fd, explore_on ? flags | TABLE_EXPLORED : flags, true); }

void consume_watch(int fd, struct sock *s) {
  if (s->network->arena && s->info.type == SOCK_STREAM) note(fd, TABLE_WATCHED);
}

void consume_begin(int fd, struct sock *s) {
  if (!s->network->arena) return;
  bool is_stream = s->info.type == SOCK_STREAM;
  atomic_store_explicit(&consume_is_begun, true, memory_order_relaxed);
  if (is_stream) atomic_fetch_and(&s->edge, ~(u32)EDGE_TAKEN);
  note(fd, is_stream ? TABLE_NOTED : TABLE_IDLE);
}

static void begin_of(int fd, struct sock *s, void *wanted) {
  if (s == wanted) consume_begin(fd, s);
}

void consume_begin_all(int fd, struct sock *s) {
  if (atomic_load(&s->references) == 1)
    consume_begin(fd, s);
  else
    table_each(begin_of, s);
}

bool consume_has_taken(const struct sock *s) { return atomic_load(&s->edge) & EDGE_TAKEN; }

void consume_tell(int fd) {
  struct sock *s = table_find(fd);
  if (s && (table_entry(fd) & TABLE_EXPLORED)) explore_point(s->info.state == STATE_listening ? POINT_accept : POINT_input);
  if (s && table_set_flags(fd, TABLE_WATCHED | TABLE_IDLE, false)) write_of(fd, s, OP_consume, 0);
}

/* A slot that was let go still says whose it was, unless another socket has it. */
static struct sock *slot_before(u32 entry, u32 now) {
  struct sock *s = &table_slots[TABLE_SLOT(entry) - 1];
  return TABLE_SLOT(entry) == TABLE_SLOT(now) || atomic_load(&s->references) == 0 ? s : NULL;
}

void consume_taken(int fd, u32 entry) {
  u32 now = table_entry(fd);
  struct sock *s = TABLE_SLOT(entry) ? slot_before(entry, now) : NULL;
  if (!s) return;
  if (now & TABLE_FRESH) {
    table_set_flags(fd, TABLE_FRESH, false);
    atomic_fetch_or(&s->edge, EDGE_TAKEN);
  }
  bool is_watched = TABLE_SLOT(entry) == TABLE_SLOT(now) ? table_set_flags(fd, TABLE_WATCHED | TABLE_IDLE, false) & TABLE_WATCHED : true;
  if (is_watched) write_of(fd, s, OP_consume, 1);
}

void consume_produce(int fd) {
  struct sock *s = table_find(fd);
  if (table_entry(fd) & TABLE_EXPLORED) explore_point(POINT_output);
  if (s && table_set_flags(fd, TABLE_IDLE, false)) write_of(fd, s, OP_produce, 0);
}

int consume_flags(int fd) {
  struct sock *s = table_find(fd);
  return s && s->network->arena && (s->info.flags & FLAG_shared) ? (int)kernel_fcntl(fd, F_GETFL, 0) : -1;
}

void consume_altered(int fd, int before) {
  int now = before < 0 ? -1 : consume_flags(fd);
  struct sock *s = now < 0 ? NULL : table_find(fd);
  if (s && ((now ^ before) & O_NONBLOCK)) write_of(fd, s, OP_alter, now & O_NONBLOCK ? 1 : 0);
}

void consume_arm(int fd) {
  if (!(table_entry(fd) & TABLE_IDLE)) return;
  struct sock *s = table_find(fd);
  if (s && table_set_flags(fd, TABLE_IDLE, false)) write_of(fd, s, OP_arm, 0);
}

void consume_arm_polls(const struct pollfd *polls, nfds_t count) {
  if (!atomic_load_explicit(&consume_is_begun, memory_order_relaxed) || !polls) return;
  for (nfds_t i = 0; i < count && i < table_size; i++)
    if (polls[i].events & (POLLIN | POLLRDNORM)) consume_arm(polls[i].fd);
}

void consume_arm_set(const fd_set *set, int count) {
  if (!atomic_load_explicit(&consume_is_begun, memory_order_relaxed) || !set) return;
  for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++)
    if (FD_ISSET(fd, set)) consume_arm(fd);
}
