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
enum { LEVELS = 3, HEARS = MARK_ANY | MARK_V4 };

struct turn {
  const char *plain;
  int now, next, first; /* NONE: not met */
  u32 hears;            /* what the one whose turn it is hears: others are no equals (reuseport_alloc) */
};

static void consider(int number, void *context) {
  struct turn *t = context;
  char path[MEMBER_PATH];
  struct stat file;
  bool after = number > t->now && (t->next == NONE || number < t->next), before = t->first == NONE || number < t->first;
  if (!after && !before) return;
  crowd_member(t->plain, number, path);
  if (REAL(lstat(path, &file)) < 0 || !S_ISSOCK(file.st_mode) || !(file.st_mode & MARK_PORT)) return;
  if ((file.st_mode & HEARS) != t->hears) return;
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
  t.hears = REAL(stat(path, &now)) == 0 ? now.st_mode & HEARS : 0;
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

/* Whose turn it is among those with the marks. Of datagram sockets the last one. NONE: nobody has them. */
static int pick(const struct crowd *c, u32 needed) {
  static _Atomic u32 turn;
  const struct set *those = crowd_with(c, needed);
  int equals[MEMBERS], count = 0, best = 1;
  for (int number = 0; number < MEMBERS; number++) {
    int rank = number == WIDER || set_has(those, number) ? crowd_rank(c, number) : 0;
    if (rank > best) best = rank, count = 0;
    if (rank == best) equals[count++] = number;
  }
  return !count ? NONE : equals[c->datagrams ? (u32)count - 1 : atomic_fetch_add_explicit(&turn, 1, memory_order_relaxed) % (u32)count];
}

int group_aim(const struct network *n, const char *plain, u32 needed, struct sockaddr_un *out) {
  char path[MEMBER_PATH], wider[MEMBER_PATH];
  struct crowd c;
  struct stat file;
  strcpy(path, plain);
  for (int level = 0; level < LEVELS; level++) {
    int member = crowd_target(path);
    if (member != WIDER && member != ALIAS) {
      int result = needed ? (int)REAL(stat(path, &file)) : 0;
      bool answers = result == 0 && (!needed || (file.st_mode & needed) == needed);
      if (!answers) member = member != NONE && crowd_look(n, path, &c) ? pick(&c, needed) : NONE;
      if (!answers && member == NONE) return result < 0 ? result : -ECONNREFUSED;
      if (answers || member != WIDER) {
        out->sun_family = AF_UNIX;
        if (answers)
          strcpy(out->sun_path, path);
        else
          crowd_member(path, member, out->sun_path);
        return 0;
      }
    }
    if (!crowd_wider(n, path, wider)) return -ENOENT;
    needed |= crowd_needed(path, wider);
    strcpy(path, wider);
  }
  return -ENOENT;
}

int group_choose(const struct network *n, struct sockaddr_un *name) {
  if (n->arena && !arena_has(n->arena, ARENA_GROUPS)) return 0;
  char plain[sizeof name->sun_path];
  strcpy(plain, name->sun_path);
  return group_aim(n, plain, 0, name);
}

/* What a link leads to is not for everybody who comes by it. */
static bool is_answered(const struct network *n, const char *plain) {
  struct crowd c;
  return crowd_look(n, plain, &c) && set_has(&c.listening, WIDER);
}

bool group_repair(const struct network *n, const struct sockaddr_un *plain) {
  char path[MEMBER_PATH];
  strcpy(path, plain->sun_path);
  int first = crowd_target(path);
  if (first == NONE) return false;
  bool datagrams = strchr("UY", strrchr(path, '/')[1]);
  int lock = directory_lock(n);
  if (lock < 0) return false;
  bool repaired = false, answers = false;
  for (int level = 0; level < LEVELS; level++) {
    int target = crowd_target(path), next = target >= 0 ? mend(n, path, &answers) : target;
    repaired = repaired || (answers && (datagrams || level == 0));
    if ((next != WIDER && next != ALIAS) || !crowd_wider(n, path, path)) break;
  }
  if (first == ALIAS && !datagrams) repaired = is_answered(n, plain->sun_path);
  directory_unlock(lock);
  return repaired;
}

int group_connect(int fd, const struct network *n, const struct sockaddr_un *plain) {
  struct sockaddr_un at;
  int result;
  do {
    at = *plain;
    result = group_choose(n, &at);
    if (result == 0) result = root_connect(fd, &at, sizeof at);
  } while (((result == -ECONNREFUSED || result == -ENOENT) && group_repair(n, plain)) ||
           (result == -EACCES && user_open_name(at.sun_path)));
  if (result == 0 && (!n->arena || arena_has(n->arena, ARENA_GROUPS))) take_turn(n, plain);
  return result;
}
