/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <dirent.h>
#include <stdbool.h>
#include <string.h>

#include "kernel.h"
#include "../wire/wire.h"

enum { BUFFER = 4096 };

/* What is looked for: registrations of the number `fd` for the file with this inode. */
struct search {
  int fd;
  u64 inode;
  int epoll;
  struct watches *out;
};

/* The number behind `label` in `line`; 0 when it is not there. */
static u64 number_after(const char *line, const char *label, unsigned base) {
  const char *at = strstr(line, label);
  u64 value = 0;
  if (!at) return 0;
  at += strlen(label);
  while (*at == ' ') at++;
  for (;; at++) {
    unsigned digit = *at >= 'a' ? (unsigned)(*at - 'a') + 10 : (unsigned)(*at - '0');
    if (digit >= base) return value;
    value = value * base + digit;
  }
}

/* "tfd: <decimal> events: <hex> data: <hex> pos:<decimal> ino:<hex> sdev:<hex>" of /proc/<pid>/fdinfo (ep_show_fdinfo). */
static void look_at_line(const char *line, const struct search *s) {
  struct watches *out = s->out;
  if (strncmp(line, "tfd:", 4) != 0 || number_after(line, "tfd:", 10) != (u64)s->fd || number_after(line, " ino:", 16) != s->inode) return;
  if (out->count < WATCHES_MAX)
    out->at[out->count++] =
        (struct watch){s->epoll, {.events = (u32)number_after(line, "events:", 16), .data.u64 = number_after(line, "data:", 16)}};
}

static void look_at_epoll(int directory, const char *name, const struct search *s) {
  int fd = (int)kernel_call(SYS_openat, directory, (long)name, O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (fd < 0) return;
  char buffer[BUFFER], *end;
  size_t have = 0;
  long got;
  while ((got = kernel_read(fd, buffer + have, sizeof buffer - 1 - have)) > 0) {
    have += (size_t)got;
    buffer[have] = 0;
    char *at = buffer;
    for (; (end = strchr(at, '\n')); at = end + 1) {
      *end = 0;
      look_at_line(at, s);
    }
    have -= (size_t)(at - buffer);
    memmove(buffer, at, have);
    if (have == sizeof buffer - 1) have = 0; /* no line is that long */
  }
  kernel_close(fd);
}

static bool is_epoll(int directory, const char *name) {
  static const char kind[] = "anon_inode:[eventpoll]";
  char target[sizeof kind];
  long length = kernel_call(SYS_readlinkat, directory, (long)name, (long)target, sizeof target, 0, 0);
  return length == sizeof kind - 1 && memcmp(target, kind, sizeof kind - 1) == 0;
}

void watch_take(int fd, struct watches *out) {
  out->count = 0;
  struct stat status;
  if (kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) < 0) return;
  int fds = kernel_open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fds < 0) return;
  int infos = kernel_open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  _Alignas(struct dirent64) char buffer[BUFFER];
  long got;
  while (infos >= 0 && (got = kernel_call(SYS_getdents64, fds, (long)buffer, sizeof buffer, 0, 0, 0)) > 0)
    for (long at = 0; at < got;) {
      const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buffer + at);
      at += entry->d_reclen;
      if (!is_epoll(fds, entry->d_name)) continue;
      look_at_epoll(infos, entry->d_name,
                    &(struct search){.fd = fd, .inode = status.st_ino, .epoll = (int)number_after(entry->d_name, "", 10), .out = out});
    }
  kernel_close(infos);
  kernel_close(fds);
  /* A copy of an epoll descriptor has shown the same registration: taken once, it is gone. */
  int kept = 0;
  for (int i = 0; i < out->count; i++)
    if (kernel_call(SYS_epoll_ctl, out->at[i].epoll, EPOLL_CTL_DEL, fd, 0, 0, 0) == 0) out->at[kept++] = out->at[i];
  out->count = kept;
}

void watch_give(int fd, const struct watches *watches) {
  for (int i = 0; i < watches->count; i++)
    kernel_call(SYS_epoll_ctl, watches->at[i].epoll, EPOLL_CTL_ADD, fd, (long)&watches->at[i].event, 0, 0);
}
