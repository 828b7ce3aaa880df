/* SPDX-License-Identifier: MIT */
#include "life.h"

#include <errno.h>
#include <string.h>

#include "kernel.h"
#include "words.h"

/* USER_HZ, part of the kernel's ABI on both architectures. */
enum { TICK_NS = 10000000 };

static int parse_stat(const char *text, struct life *out) {
  /* The name of a program may hold anything, also parentheses: the last one ends it. */
  const char *at = strrchr(text, ')');
  if (!at || at[1] != ' ' || !at[2]) return -EPROTO;
  out->state = at[2];
  at += 3;
  for (int field = 4; field <= 22; field++) {
    while (*at == ' ') at++;
    bool negative = *at == '-';
    if (negative) at++;
    if (*at < '0' || *at > '9') return -EPROTO;
    u64 value = 0;
    while (*at >= '0' && *at <= '9') value = value * 10 + (u64)(*at++ - '0');
    if (field == 4) out->parent = negative ? 0 : (pid_t)value;
    if (field == 20) out->threads = (u32)value;
    if (field == 22) out->started_ns = value * TICK_NS;
  }
  return 0;
}

/* tid 0: the whole process. */
static int read_stat(pid_t pid, pid_t tid, struct life *out) {
  char path[64], text[512];
  char *end = words_append_number(words_append(path, "/proc/"), (u32)pid);
  if (tid) end = words_append_number(words_append(end, "/task/"), (u32)tid);
  words_append(end, "/stat");
  int fd = kernel_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fd == -ENOENT ? -ESRCH : fd;
  long length = kernel_read(fd, text, sizeof text - 1);
  kernel_close(fd);
  if (length < 0) return (int)length;
  text[length] = 0;
  out->pid = pid;
  return parse_stat(text, out);
}

int life_read(pid_t pid, struct life *out) { return pid > 0 ? read_stat(pid, 0, out) : -ESRCH; }

bool life_is_over(const struct life *l) { return l->state == 'X' || l->state == 'x' || (l->state == 'Z' && l->threads <= 1); }

bool life_process_dead(pid_t pid, u64 not_after) {
  if (pid <= 0 || kernel_kill(pid, 0) == -ESRCH) return true;
  struct life l;
  /* ESRCH here without /proc being mounted would be a guess: kill(2) alone decides about absence. */
  if (life_read(pid, &l) < 0) return kernel_kill(pid, 0) == -ESRCH;
  return life_is_over(&l) || (not_after && l.started_ns > not_after);
}

enum life_thread life_thread(pid_t pid, pid_t tid) {
  if (pid <= 0 || tid <= 0 || kernel_tgkill(pid, tid, 0) == -ESRCH) return LIFE_OVER;
  struct life l;
  if (read_stat(pid, tid, &l) < 0) return kernel_tgkill(pid, tid, 0) == -ESRCH ? LIFE_OVER : LIFE_RUNS;
  if (l.state == 'Z' || l.state == 'X' || l.state == 'x') return LIFE_OVER;
  return l.state == 'T' || l.state == 't' ? LIFE_STOPPED : LIFE_RUNS;
}
