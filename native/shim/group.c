/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "crowd.h"
#include "directory.h"
#include "enter.h"
#include "kernel.h"
#include "libc.h"
#include "root.h"
#include "user.h"

void group_mark(int fd, const struct group_options *o) {
  u32 marks = (o->address ? MARK_ADDRESS : 0) | (o->port ? MARK_PORT : 0) | (o->any ? MARK_ANY : 0);
  kernel_call(SYS_fchmod, fd, (o->v6_only ? 0777 & ~MARK_V4 : 0777) | marks, 0, 0, 0, 0);
}

static u32 marks_of(int fd) {
  struct stat status;
  return kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) < 0 ? 0 : status.st_mode & (MARK_ADDRESS | MARK_PORT | MARK_ANY);
}

static u32 options_of(int fd) { return marks_of(fd) & (MARK_ADDRESS | MARK_PORT); }

/* The plain name leads to a member that has just come or begun to listen, unless somebody answers better. */
static void offer(const struct network *n, const char *plain, int number) {
  struct crowd c;
  if (crowd_look(n, plain, &c) && crowd_rank(&c, number) >= crowd_rank(&c, c.target)) crowd_point(plain, number);
}

/* The single owner of the plain name becomes member 0. A hard link to what belongs to another user may be forbidden (protected_hardlinks). */
static int convert(struct crowd *c) {
  char first[MEMBER_PATH];
  crowd_member(c->plain, 0, first);
  kernel_unlink(first);
  int result = (int)REAL(link(c->plain, first));
  if (result < 0) result = (int)REAL(rename(c->plain, first));
  if (result == 0) result = crowd_point(c->plain, 0);
  if (result == 0) c->target = 0;
  return result;
}

/* The plain name, a link to a wider one, becomes the group's member for it. */
static int convert_alias(struct crowd *c) {
  char member[MEMBER_PATH], link[sizeof(struct sockaddr_un)];
  long length = REAL(readlink(c->plain, link, sizeof link - 1));
  if (length < 0) return (int)length;
  link[length] = 0;
  crowd_member(c->plain, WIDER, member);
  kernel_unlink(member);
  int result = (int)REAL(symlink(link, member));
  if (result == 0) result = crowd_point(c->plain, WIDER);
  if (result == 0) c->target = WIDER;
  return result;
}

static int bind_member(int fd, const struct network *n, const struct name *plain, const struct crowd *c) {
  for (int number = 1; number < WIDER; number++) {
    if (set_has(&c->alive, number)) continue;
    struct name own = *plain;
    own.number = (u32)number;
    struct sockaddr_un un;
    socklen_t length = name_write(&n->world, &own, &un);
    if (set_has(&c->files, number)) kernel_unlink(un.sun_path);
    int result = root_bind(fd, &un, length);
    if (result == 0) user_share_name(fd, n, un.sun_path);
    if (result != -EADDRINUSE) return result < 0 ? result : number;
  }
  return -EADDRINUSE;
}

static void remove_member(int number, void *plain) {
  char path[MEMBER_PATH];
  crowd_member(plain, number, path);
  kernel_unlink(path);
}

int group_join(int fd, const struct network *n, const struct name *plain) {
  struct sockaddr_un un;
  struct crowd c;
  name_write(&n->world, plain, &un);
  u32 options = options_of(fd);
  bool streams = plain->type == 'T' || plain->type == 'X';
  int result = directory_clear(n, un.sun_path, options & MARK_ADDRESS && streams ? USERS_UNCONNECTED : USERS_ANY);
  if (result == 0) crowd_each_file(un.sun_path, remove_member, un.sun_path);
  if (result != -EADDRINUSE || !options || !crowd_look(n, un.sun_path, &c)) return result;
  result = crowd_check(n, &c, options, NONE, false, 0);
  if (result == 0 && c.target == NONE) result = convert(&c);
  if (result == 0 && c.target == ALIAS) result = convert_alias(&c);
  if (result < 0) return result;
  if (n->arena) arena_feature(n->arena, ARENA_GROUPS);
  result = bind_member(fd, n, plain, &c);
  if (result > 0 && !streams) offer(n, un.sun_path, result); /* of datagram sockets the last one hears (udp4_lib_lookup2 of the kernel) */
  return result;
}

int group_widen(int fd, const struct network *n, const char *plain, const char *link) {
  char member[MEMBER_PATH];
  struct crowd c;
  u32 options = options_of(fd);
  if (!options || !crowd_look(n, plain, &c) || c.target == ALIAS) return -EADDRINUSE;
  int result = crowd_check(n, &c, options, NONE, false, 0);
  if (result == 0 && c.target == NONE) result = convert(&c);
  if (result < 0) return result;
  crowd_member(plain, WIDER, member);
  result = (int)REAL(symlink(link, member));
  return result == -EEXIST ? 1 : result;
}

int group_check(int fd, const struct network *n, const char *plain, bool to_listen, bool any_only) {
  struct crowd c;
  if (!crowd_look(n, plain, &c)) return -EADDRINUSE;
  return crowd_check(n, &c, options_of(fd), NONE, to_listen, any_only ? MARK_ANY | MARK_V4 : 0);
}

int group_listen(int fd, const struct network *n, const struct sockaddr_un *plain, u32 number) {
  struct crowd c;
  bool known = crowd_target(plain->sun_path) >= 0 && crowd_look(n, plain->sun_path, &c);
  int result = known ? crowd_check(n, &c, options_of(fd), (int)number, true, 0) : 0;
  if (result == 0) result = (int)REAL(libc.listen(fd, SOMAXCONN));
  if (result == 0 && known && crowd_rank(&c, c.target) < LISTENS + crowd_rank(&c, (int)number)) crowd_point(plain->sun_path, (int)number);
  return result;
}

bool group_exists(const struct sockaddr_un *plain) { return crowd_target(plain->sun_path) >= 0; }

void group_file(const struct sockaddr_un *plain, u32 number, char *out) {
  if (group_exists(plain))
    crowd_member(plain->sun_path, (int)number, out);
  else
    strcpy(out, plain->sun_path);
}

bool group_leave(const struct network *n, const char *plain, u32 number) {
  char own[MEMBER_PATH];
  struct crowd c;
  crowd_member(plain, (int)number, own);
  kernel_unlink(own);
  if (crowd_target(plain) != (int)number || !crowd_look(n, plain, &c)) return false;
  int next = crowd_successor(&c);
  if (next != NONE) {
    crowd_point(plain, next);
    return false;
  }
  crowd_remove_dead(&c);
  kernel_unlink(plain);
  return true;
}
