/* SPDX-License-Identifier: MIT */
#include "option_congestion.h"

#include <errno.h>
#include <string.h>

#include "kernel.h"
#include "option_value.h"

enum { NAME_SIZE = SOCK_CONGESTION_SIZE, LIST_SIZE = 256 };

/* A file of /proc/sys/net/ipv4: its words without the newline; `fallback` where there is no such file. */
static void read_setting(const char *path, const char *fallback, char out[LIST_SIZE]) {
  int fd = kernel_open(path, O_RDONLY | O_CLOEXEC, 0);
  long size = fd < 0 ? 0 : kernel_read(fd, out, LIST_SIZE - 1);
  if (fd >= 0) kernel_close(fd);
  if (size <= 0)
    strcpy(out, fallback);
  else
    out[size] = 0;
  out[strcspn(out, "\n")] = 0;
}

static bool is_in(const char *list, const char *name) {
  size_t length = strlen(name);
  for (const char *at = list; length && (at = strstr(at, name)); at += length)
    if ((at == list || at[-1] == ' ') && (!at[length] || at[length] == ' ')) return true;
  return false;
}

int option_congestion_get(const struct sock *s, void *value, socklen_t *length) {
  char text[LIST_SIZE], name[NAME_SIZE] = "";
  memcpy(name, s->congestion, sizeof name);
  if (!*name) {
    read_setting("/proc/sys/net/ipv4/tcp_congestion_control", "cubic", text);
    memcpy(name, text, strnlen(text, sizeof name - 1));
  }
  return option_answer(value, length, name, sizeof name);
}

int option_congestion_set(struct sock *s, const void *value, socklen_t length) {
  char text[LIST_SIZE], name[NAME_SIZE] = "";
  if (length < 1) return -EINVAL;
  if (!value) return -EFAULT;
  memcpy(name, value, strnlen(value, length < NAME_SIZE ? length : NAME_SIZE - 1));
  read_setting("/proc/sys/net/ipv4/tcp_available_congestion_control", "cubic reno", text);
  if (!is_in(text, name)) return -ENOENT;
  memcpy(s->congestion, name, sizeof name);
  return 0;
}
