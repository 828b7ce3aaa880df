/* SPDX-License-Identifier: MIT */
#include "directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crowd.h"
#include "enter.h"
#include "file_lock.h"
#include "journal.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "libc.h"
#include "log.h"
#include "root.h"
#include "spill.h"
#include "unix_list.h"
#include "user.h"

enum { LOCK_NAP_NS = 200000, YOUNG_NS = 50000000 };

struct wanted {
  const char *path;
  enum directory_users users;
};

static bool uses(const struct unix_socket *s, void *context) {
  const struct wanted *w = context;
  return strcmp(s->path, w->path) == 0 && !(s->connected && w->users == USERS_UNCONNECTED);
}

/* The same for the other names of a group (group.h). */
static bool uses_plain(const struct unix_socket *s, void *context) {
  const struct wanted *w = context;
  size_t length = strlen(w->path), more = strlen(s->path);
  return (more == length || more == length + 2) && strncmp(s->path, w->path, length) == 0 &&
         !(s->connected && w->users == USERS_UNCONNECTED);
}

bool directory_file_is_live(const char *path, enum directory_users users) {
  struct wanted w = {path, users};
  return unix_list(uses, &w) != 0;
}

/* The kernel's own answer for one name: a socket of another type may not connect to who is there. True: somebody is; false: nobody, or it
 * can't be asked, or only accepted connections bear the name. */
static bool has_owner(const char *path, enum directory_users users) {
  if (users == USERS_UNCONNECTED) return false;
  char type = strrchr(path, '/')[1];
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  int probe = kernel_socket(AF_UNIX, (type == 'U' || type == 'Y' ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC);
  if (probe < 0) return false;
  strcpy(un.sun_path, path);
  int result = root_probe(probe, &un, sizeof un);
  kernel_close(probe);
  return result == -EPROTOTYPE;
}

bool directory_is_live(const struct network *n, const char *path, enum directory_users users) {
  char plain[MEMBER_PATH];
  if (has_owner(path, users)) return true;
  strcpy(plain, path);
  do {
    struct wanted w = {plain, users};
    if (unix_list(uses_plain, &w) != 0) return true;
  } while (crowd_wider(n, plain, plain));
  return false;
}

int directory_error(const struct network *n, int result) {
  static _Atomic u64 told;
  if (result != -ENOENT && result != -ENOTDIR && result != -EROFS && result != -ENOSPC && result != -EACCES && result != -EPERM)
    return result;
  u64 trouble = (u64)n->id << 32 | (u32)-result;
  if (atomic_exchange(&told, trouble) != trouble) {
    LOG(LOG_ERROR, "directory %s cannot be used (errno %d): it must exist and be writable, and have room, as long as the network lives",
        n->dir, -result);
    journal_write(n->arena, &(struct event){.op = OP_nameLost, .fd = -1, .result = result, .text = n->dir});
  }
  return result == -ENOSPC ? -ENOBUFS : result == -EACCES || result == -EPERM ? -EACCES : -EADDRNOTAVAIL;
}

bool directory_is_gone(const struct network *n) { return access(n->dir, F_OK) < 0; }

static __thread u64 signals;

int directory_try_lock(const struct network *n) { return file_lock_open(n->dir, O_RDONLY | O_DIRECTORY, LOCK_EX | LOCK_NB, &signals); }

int directory_lock(const struct network *n) {
  for (;;) {
    int result = directory_try_lock(n);
    if (result != -EWOULDBLOCK && result != -EINTR) return result;
    kernel_nap(LOCK_NAP_NS);
  }
}

void directory_unlock(int lock) {
  if (lock >= 0) file_lock_close(lock, signals);
}

static bool is_same_file(const struct stat *a, const struct stat *b) {
  return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
         a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* bind(2) makes the file first and lists the socket a little later. False: no need to wait. */
static bool wait_while_young(const struct stat *file) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  long age = (now.tv_sec - file->st_ctim.tv_sec) * 1000000000 + now.tv_nsec - file->st_ctim.tv_nsec;
  if (age < 0 || age >= YOUNG_NS) return false;
  kernel_nap(YOUNG_NS - age);
  return true;
}

int directory_clear(const struct network *n, const char *path, enum directory_users users) {
  struct stat seen, now;
  int result = (int)REAL(lstat(path, &seen));
  if (result < 0) return result == -ENOENT ? 0 : result;
  if (users == USERS_UNASKED) return -EADDRINUSE;
  if (directory_is_live(n, path, users)) return -EADDRINUSE;
  if (S_ISSOCK(seen.st_mode) && wait_while_young(&seen) && directory_is_live(n, path, users)) return -EADDRINUSE;
  /* The owner may have removed its name since, and somebody else, who needs no lock for a free one, may have made it anew. */
  result = (int)REAL(lstat(path, &now));
  if (result == 0 && (!is_same_file(&seen, &now) || has_owner(path, users))) return -EADDRINUSE;
  if (S_ISSOCK(seen.st_mode)) spill_bury(n, seen.st_ino);
  if (result == 0) result = (int)REAL(unlink(path));
  return result == -ENOENT ? 0 : result;
}

void directory_each(int fd, void (*visit)(int fd, const char *name, void *context), void *context) {
  _Alignas(struct dirent64) char buffer[4096];
  long got;
  while ((got = kernel_call(SYS_getdents64, fd, (long)buffer, sizeof buffer, 0, 0, 0)) > 0)
    for (long at = 0; at < got;) {
      const struct dirent64 *entry = (const struct dirent64 *)(const void *)(buffer + at);
      const char *name = entry->d_name;
      at += entry->d_reclen;
      if (name[0] != '.') visit(fd, name, context);
    }
}

void directory_make_loopback(const struct network *n, const char *name) {
  char path[sizeof(struct sockaddr_un)];
  strcpy(path, name);
  *strrchr(path, '/') = 0;
  if (mkdir(path, 0700) == 0) {
    chmod(path, 0700); /* whatever the umask */
    user_share_directory(n, path);
  } else if (errno != EEXIST) {
    LOG(LOG_ERROR, "cannot make %s (errno %d)", path, errno);
  }
}

void directory_link(const char *target, bool from_loopback, char *out) {
  *out = 0;
  if (from_loopback) strcpy(out, "../");
  strncat(out, strrchr(target, '/') + 1, 16);
}

int directory_alias(const struct network *n, const char *path, const char *target, bool from_loopback, enum directory_users users) {
  char link[DIRECTORY_LINK_MAX];
  directory_link(target, from_loopback, link);
  if (symlink(link, path) == 0) return 0;
  if (errno == ENOENT && from_loopback) {
    directory_make_loopback(n, path);
    if (symlink(link, path) == 0) return 0;
  }
  if (errno != EEXIST) return -errno;
  char now[sizeof link] = "";
  if (REAL(readlink(path, now, sizeof now - 1)) > 0 && strcmp(now, link) == 0) return 1;
  int result = directory_clear(n, path, users);
  if (result < 0) return result;
  return symlink(link, path) == 0 ? 0 : -errno;
}
