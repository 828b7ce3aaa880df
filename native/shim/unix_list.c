/* SPDX-License-Identifier: MIT */
#include "unix_list.h"

#include <string.h>

#include "kernel.h"

static const char *column(const char *line, int number) {
  for (int i = 0; i < number; i++) {
    while (*line && *line != ' ') line++;
    while (*line == ' ') line++;
  }
  return line;
}

/* "Num RefCount Protocol Flags Type St Inode Path". A name that was bound from inside a chroot starts at / without saying so (root.h). */
static struct unix_socket parse(char *line) {
  char *path = (char *)column(line, 7);
  if (*path && *path != '/' && *path != '@') *--path = '/';
  const char *flags = column(line, 3), *state = column(line, 5), *inode = column(line, 6);
  struct unix_socket s = {.listening = strncmp(flags, "00010000", 8) == 0, /* __SO_ACCEPTCON */
                          .connected = strncmp(state, "03", 2) == 0,       /* SS_CONNECTED */
                          .path = path};
  for (; *inode >= '0' && *inode <= '9'; inode++) s.inode = s.inode * 10 + (u64)(*inode - '0');
  return s;
}

int unix_list(bool (*visit)(const struct unix_socket *s, void *context), void *context) {
  int fd = kernel_open("/proc/net/unix", O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return -1;
  char buffer[4096];
  size_t have = 0;
  bool found = false;
  long got;
  while (!found && (got = kernel_read(fd, buffer + have, sizeof buffer - 1 - have)) > 0) {
    have += (size_t)got;
    char *at = buffer, *end;
    while (!found && (end = memchr(at, '\n', have - (size_t)(at - buffer)))) {
      *end = 0;
      struct unix_socket s = parse(at);
      found = visit(&s, context);
      at = end + 1;
    }
    have -= (size_t)(at - buffer);
    memmove(buffer, at, have);
    if (have == sizeof buffer - 1) have = 0; /* no line is that long */
  }
  kernel_close(fd);
  return found;
}
