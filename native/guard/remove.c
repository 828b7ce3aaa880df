/* SPDX-License-Identifier: MIT */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* A network's directory has two levels; a server may have made some of its own. */
enum { DEPTH_MAX = 32 };

static int open_directory(int parent, const char *name, dev_t device) {
  struct stat found;
  int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return -1;
  if (fstat(fd, &found) == 0 && found.st_dev == device) return fd;
  close(fd);
  return -1;
}

/* Empties a directory; owns fd. `keep`: a name that stays, or NULL. */
static void empty(int fd, dev_t device, const char *keep, int depth) {
  DIR *dir = fdopendir(fd);
  if (!dir) {
    close(fd);
    return;
  }
  for (struct dirent *entry; (entry = readdir(dir));) {
    const char *name = entry->d_name;
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || (keep && strcmp(name, keep) == 0)) continue;
    if (unlinkat(fd, name, 0) == 0 || errno != EISDIR || depth == DEPTH_MAX) continue;
    int child = open_directory(fd, name, device);
    if (child < 0) continue;
    empty(child, device, NULL, depth + 1);
    unlinkat(fd, name, AT_REMOVEDIR);
  }
  closedir(dir);
}

static bool holds_arena(int fd, const struct guarded *network) {
  struct stat found;
  struct wire_arena head;
  int file = openat(fd, ARENA_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return false;
  bool same = fstat(file, &found) == 0 && found.st_dev == network->device && found.st_ino == network->inode &&
              pread(file, &head, sizeof head, 0) == sizeof head && head.magic == ARENA_MAGIC && head.networkId == network->network_id;
  close(file);
  return same;
}

void remove_directory(const struct guarded *network) {
  int fd = open_directory(AT_FDCWD, network->dir, network->device);
  if (fd < 0) return;
  if (!holds_arena(fd, network)) {
    close(fd);
    return;
  }
  /* The arena goes last: while it is there, a directory that could not be emptied can be recognised later. */
  int copy = dup(fd);
  if (copy >= 0) empty(copy, network->device, ARENA_FILE, 0);
  unlinkat(fd, ARENA_FILE, 0);
  close(fd);
  rmdir(network->dir);
}
