/* SPDX-License-Identifier: MIT */
#include "consume.h"

#include <sys/socket.h>

#include "journal.h"

void consume_watch(int fd, struct sock *s) {
  if (s->network->arena && s->info.type == SOCK_STREAM) table_set_flag(fd, TABLE_WATCHED, true);
}

static void begin_of(int fd, struct sock *s, void *wanted) {
  if (s == wanted) consume_watch(fd, s);
}

void consume_watch_all(int fd, struct sock *s) {
  if (atomic_load(&s->references) == 1)
    consume_watch(fd, s);
  else
    table_each(begin_of, s);
}

void consume_tell(int fd) {
  struct sock *s = table_find(fd);
  if (!s || !table_set_flag(fd, TABLE_WATCHED, false) || !atomic_load(&s->registered)) return;
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = OP_consume, .fd = fd, .info = &info});
}
