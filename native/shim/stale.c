/* SPDX-License-Identifier: MIT */
#include "stale.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "control.h"
#include "journal.h"
#include "table.h"
#include "words.h"

_Atomic bool stale_is_begun;

/* Cookies by number, as large as the table, each with the pid of who closed it; untouched pages cost nothing. A child of fork begins anew: what it
 * closes between fork and exec it closes on purpose. */
static _Atomic u64 *cookies;
enum { PID_BITS = 22 /* PID_MAX_LIMIT */ };

/* The last number of this thread that close did not know, and whether it was told: daemons close all numbers one after the other. */
static __thread struct {
  int fd;
  bool told;
} unknown = {.fd = -2};

void stale_init(void) {
  void *fresh = mmap(NULL, table_size * sizeof *cookies, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (fresh != MAP_FAILED) cookies = fresh;
}

void stale_mark(int fd, const struct sock *s) {
  if (!cookies || !s->network->arena || !s->info.cookie || (u32)fd >= table_size) return;
  atomic_store_explicit(&cookies[fd], s->info.cookie << PID_BITS | journal_pid(), memory_order_relaxed);
  atomic_store_explicit(&stale_is_begun, true, memory_order_relaxed);
}

static u64 cookie_of(int fd) {
  if (!cookies || (u32)fd >= table_size) return 0;
  u64 entry = atomic_load_explicit(&cookies[fd], memory_order_relaxed);
  return (entry & ((1u << PID_BITS) - 1)) == journal_pid() ? entry >> PID_BITS : 0;
}

void stale_forget(int fd) {
  if (atomic_load_explicit(&stale_is_begun, memory_order_relaxed) && cookie_of(fd)) atomic_store(&cookies[fd], 0);
}

enum how { CLOSED, SENT, SWEPT };

/* The text is the cookie in decimal: the socket may be gone, and its info with it. */
static void tell(int fd, u64 cookie, enum how how) {
  char text[WORDS_NUMBER_SIZE];
  words_append_number(text, cookie);
  struct network *n = network_current();
  if (n && n->arena) journal_write(n->arena, &(struct event){.op = OP_stale, .fd = fd, .result = -EBADF, .detail = how, .text = text});
}

void stale_closed(int fd, int result) {
  if (result >= 0) {
    stale_forget(fd);
    return;
  }
  int step = fd - unknown.fd;
  bool swept = step == 1 || step == -1;
  u64 before = unknown.told && swept ? cookie_of(unknown.fd) : 0, cookie = swept ? 0 : cookie_of(fd);
  if (before) tell(unknown.fd, before, SWEPT);
  if (cookie) tell(fd, cookie, CLOSED);
  unknown.fd = fd;
  unknown.told = cookie;
}

void stale_sent(const struct msghdr *message) {
  if (!atomic_load_explicit(&stale_is_begun, memory_order_relaxed)) return;
  struct control_item item;
  size_t offset = 0;
  while (control_next(message->msg_control, message->msg_controllen, &offset, &item) > 0)
    for (size_t i = 0; control_is_descriptors(&item) && i + sizeof(int) <= item.size; i += sizeof(int)) {
      int fd;
      memcpy(&fd, item.data + i, sizeof fd);
      u64 cookie = table_find(fd) ? 0 : cookie_of(fd);
      if (cookie) tell(fd, cookie, SENT);
    }
}
