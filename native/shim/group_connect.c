/* SPDX-License-Identifier: MIT
 * The client's side of a group: who answers next. */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "crowd.h"
#include "directory.h"
#include "enter.h"
#include "group.h"
#include "kernel.h"
#include "root.h"
#include "user.h"

/* A name, the wider one of IPv4 and the wider one of IPv6. */
enum { LEVELS = 3 };

struct turn {
  const char *plain;
  int now, next, first; /* NONE: not met */
  u32 any;              /* MARK_ANY of the one whose turn it is: others are no equals */
};

static void consider(int number, void *context) {
  struct turn *t = context;
  char path[MEMBER_PATH];
  struct stat file;
  bool after = number > t->now && (t->next == NONE || number < t->next), before = t->first == NONE || number < t->first;
  if (!after && !before) return;
  crowd_member(t->plain, number, path);
  if (REAL(lstat(path, &file)) < 0 || !S_ISSOCK(file.st_mode) || !(file.st_mode & MARK_PORT)) return;
  if ((file.st_mode & MARK_ANY) != t->any) return;
  if (after) t->next = number;
  if (before) t->first = number;
}

/* The group that a name leads to in the end. False: none. */
static bool find_group(const struct network *n, char *path) {
  for (int level = 0; level < LEVELS; level++) {
    int target = crowd_target(path);
    if (target >= 0 && target != WIDER) return true;
    if (target == NONE || !crowd_wider(n, path, path)) return false;
  }
  return false;
}

/* The next connect goes to the next of those with SO_REUSEPORT. */
static void take_turn(const struct network *n, const struct sockaddr_un *plain) {
  char path[MEMBER_PATH];
  strcpy(path, plain->sun_path);
  if (!find_group(n, path)) return;
  int lock = directory_try_lock(n);
  if (lock < 0) return; /* somebody else is turning it */
  struct turn t = {.plain = path, .now = crowd_target(path), .next = NONE, .first = NONE};
  struct stat now;
  t.any = REAL(stat(path, &now)) == 0 ? now.st_mode & MARK_ANY : 0;
  if (t.now >= 0) consider(t.now + 1, &t);
  if (t.now >= 0 && t.next == NONE) crowd_each_file(path, consider, &t);
  int to = t.next != NONE ? t.next : t.first;
  if (to != NONE && to != t.now) crowd_point(path, to);
  directory_unlock(lock);
}

/* The name leads to the next who is alive. Returns who that is; `answers`: it is worth another try. */
static int mend(const struct network *n, const char *path, bool *answers) {
  struct crowd c;
  *answers = false;
  if (!crowd_look(n, path, &c)) return NONE;
  int next = crowd_successor(&c);
  if (next != NONE && next != c.target) crowd_point(path, next);
  crowd_remove_dead(&c);
  if (next == NONE) kernel_unlink(path);
  *answers = next != NONE && (set_has(&c.listening, next) || (c.datagrams && next != c.target));
  return next;
}

bool group_repair(const struct network *n, const struct sockaddr_un *plain) {
  char path[MEMBER_PATH];
  strcpy(path, plain->sun_path);
  if (crowd_target(path) == NONE) return false;
  int lock = directory_lock(n);
  if (lock < 0) return false;
  bool repaired = false, answers = false;
  for (int level = 0; level < LEVELS; level++) {
    int target = crowd_target(path), next = target >= 0 ? mend(n, path, &answers) : target;
    repaired = repaired || answers;
    if ((next != WIDER && next != ALIAS) || !crowd_wider(n, path, path)) break;
  }
  directory_unlock(lock);
  return repaired;
}

int group_connect(int fd, const struct network *n, const struct sockaddr_un *plain, socklen_t length) {
  int result;
  do result = root_connect(fd, plain, length);
  while (((result == -ECONNREFUSED || result == -ENOENT) && group_repair(n, plain)) ||
         (result == -EACCES && user_open_name(plain->sun_path)));
  if (result == 0 && (!n->arena || arena_has(n->arena, ARENA_GROUPS))) take_turn(n, plain);
  return result;
}
