/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "directory.h"
#include "enter.h"
#include "kernel.h"
#include "unix_list.h"

void crowd_member(const char *plain, int number, char *out) {
  static const char hex[] = "0123456789ABCDEF";
  char *end = stpcpy(out, plain);
  *end++ = hex[number >> 4], *end++ = hex[number & 15], *end = 0;
}

/* The number in `text` when it is a member's name of `plain`'s last component, else NONE. */
static int member_number(const char *plain, const char *text) {
  const char *base = strrchr(plain, '/') + 1;
  size_t length = strlen(base);
  if (strncmp(text, base, length) != 0 || strlen(text) != length + 2) return NONE;
  int number = 0;
  for (int i = 0; i < 2; i++) {
    const char *digit = strchr("0123456789ABCDEF", text[length + (size_t)i]);
    if (!digit) return NONE;
    number = number << 4 | (int)(digit - "0123456789ABCDEF");
  }
  return number;
}

int crowd_target(const char *plain) {
  char link[sizeof(struct sockaddr_un)];
  long length = REAL(readlink(plain, link, sizeof link - 1));
  if (length < 0) return NONE;
  link[length] = 0;
  int number = member_number(plain, link);
  return number == NONE ? ALIAS : number;
}

bool crowd_wider(const struct network *n, const char *plain, char *out) {
  char member[MEMBER_PATH], link[sizeof(struct sockaddr_un)];
  crowd_member(plain, WIDER, member);
  const char *names[] = {plain, member};
  for (int i = 0; i < 2; i++) {
    long length = REAL(readlink(names[i], link, sizeof link - 1));
    if (length < 0) continue;
    link[length] = 0;
    if (member_number(plain, link) != NONE) continue;
    const char *base = strrchr(link, '/');
    stpcpy(stpcpy(stpcpy(out, n->dir), "/"), base ? base + 1 : link);
    return true;
  }
  return false;
}

struct member_visit {
  const char *plain;
  void (*visit)(int number, void *context);
  void *context;
};

static void visit_member(int fd, const char *name, void *context) {
  const struct member_visit *v = context;
  int number = member_number(v->plain, name);
  (void)fd;
  if (number != NONE) v->visit(number, v->context);
}

void crowd_each_file(const char *plain, void (*visit)(int number, void *context), void *context) {
  char directory[sizeof(struct sockaddr_un)];
  size_t length = (size_t)(strrchr(plain, '/') - plain);
  memcpy(directory, plain, length);
  directory[length] = 0;
  int fd = kernel_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return;
  directory_each(fd, visit_member, &(struct member_visit){plain, visit, context});
  kernel_close(fd);
}

static void add_marks(struct crowd *c, int number, const char *path) {
  struct stat file;
  if (REAL(lstat(path, &file)) < 0 || !S_ISSOCK(file.st_mode) || !(file.st_mode & MARK_ANY)) return;
  set_add(&c->any, number);
  if (file.st_mode & MARK_V4) set_add(&c->v4, number);
}

static void add_file(int number, void *context) {
  struct crowd *c = context;
  char path[MEMBER_PATH];
  set_add(&c->files, number);
  crowd_member(c->plain, number, path);
  add_marks(c, number, path);
}

static bool add_socket(const struct unix_socket *s, void *context) {
  struct crowd *c = context;
  size_t length = strlen(c->plain);
  if (strncmp(s->path, c->plain, length) != 0) return false;
  int number = s->path[length] ? member_number(c->plain, strrchr(s->path, '/') + 1) : 0;
  /* Accepted connections bear the name of their listener. */
  if (number == NONE || (s->connected && !c->datagrams)) return false;
  set_add(&c->alive, number);
  if (s->listening) set_add(&c->listening, number);
  return false;
}

u32 crowd_needed(const char *narrower, const char *wider) {
  return MARK_ANY | (strrchr(narrower, '/')[1] == strrchr(wider, '/')[1] ? 0 : MARK_V4);
}

/* Some of them answer at the narrower name, or others that theirs leads to. */
static bool answers(const struct set *of, const struct set *those) {
  u64 bits = 0;
  for (int i = 0; i < MEMBERS / 64; i++) bits |= of->bits[i] & those->bits[i];
  return bits || set_has(of, WIDER);
}

bool crowd_look(const struct network *n, const char *plain, struct crowd *out) {
  char type = strrchr(plain, '/')[1], wider[MEMBER_PATH];
  struct crowd there;
  *out = (struct crowd){.plain = plain, .datagrams = type == 'U' || type == 'Y', .target = crowd_target(plain)};
  if (out->target == NONE) set_add(&out->files, 0), add_marks(out, 0, plain);
  if (out->target >= 0) crowd_each_file(plain, add_file, out);
  if (unix_list(add_socket, out) < 0) return false;
  if (!crowd_wider(n, plain, wider)) return true;
  if (!crowd_look(n, wider, &there)) return false;
  const struct set *those = crowd_with(&there, crowd_needed(plain, wider));
  if (answers(&there.alive, those)) set_add(&out->alive, WIDER);
  if (answers(&there.listening, those)) set_add(&out->listening, WIDER);
  return true;
}

int crowd_point(const char *plain, int number) {
  char member[MEMBER_PATH], fresh[MEMBER_PATH];
  crowd_member(plain, number, member);
  stpcpy(stpcpy(fresh, plain), "_");
  kernel_unlink(fresh); /* of one who was killed between the two calls; the lock is ours */
  int result = (int)REAL(symlink(strrchr(member, '/') + 1, fresh));
  return result < 0 ? result : (int)REAL(rename(fresh, plain));
}

/* What inet_bind_conflict (TCP) and udp_lib_lport_inuse ask of each other socket: both reuse and nobody listens, or both share the port and
 * have one owner. */
static bool allows(u32 options, u32 user, const struct stat *other, bool listening) {
  u32 both = options & other->st_mode;
  return (both & MARK_ADDRESS && !listening) || (both & MARK_PORT && other->st_uid == user);
}

static int check_wider(const struct network *n, const char *plain, u32 options, bool to_listen, u32 needed) {
  char wider[MEMBER_PATH];
  struct crowd there;
  if (!crowd_wider(n, plain, wider)) return 0;
  needed |= crowd_needed(plain, wider);
  return crowd_look(n, wider, &there) ? crowd_check(n, &there, options, NONE, to_listen, needed) : -EADDRINUSE;
}

int crowd_check(const struct network *n, const struct crowd *c, u32 options, int own, bool to_listen, u32 needed) {
  char path[MEMBER_PATH];
  for (int number = 0; number < WIDER; number++) {
    if (number == own || !set_has(&c->alive, number)) continue;
    struct stat file;
    if (c->target == NONE)
      strcpy(path, c->plain);
    else
      crowd_member(c->plain, number, path);
    if (REAL(lstat(path, &file)) < 0) return -EADDRINUSE;
    bool listening = set_has(&c->listening, number);
    if ((to_listen && !listening) || (file.st_mode & needed) != needed) continue;
    if (!allows(options, geteuid(), &file, listening)) return -EADDRINUSE;
  }
  return set_has(&c->alive, WIDER) ? check_wider(n, c->plain, options, to_listen, needed) : 0;
}

int crowd_rank(const struct crowd *c, int number) {
  if (number < 0 || !set_has(&c->files, number) || !set_has(&c->alive, number)) return 0;
  return (set_has(&c->listening, number) ? LISTENS : 0) + (number == WIDER ? 1 : set_has(&c->any, number) ? 2 : 3);
}

int crowd_successor(const struct crowd *c) {
  int best = NONE, from = c->target < 0 ? 0 : c->target;
  for (int i = 1; i <= MEMBERS; i++) {
    int number = (from + (c->datagrams ? MEMBERS - i : i)) % MEMBERS;
    if (crowd_rank(c, number) > crowd_rank(c, best)) best = number;
  }
  return best;
}

void crowd_remove_dead(const struct crowd *c) {
  char path[MEMBER_PATH];
  for (int number = 0; number < MEMBERS; number++) {
    if (!set_has(&c->files, number) || set_has(&c->alive, number)) continue;
    crowd_member(c->plain, number, path);
    kernel_unlink(path);
  }
}
