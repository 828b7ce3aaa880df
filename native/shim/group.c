/* SPDX-License-Identifier: MIT */
#include "group.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "directory.h"
#include "enter.h"
#include "kernel.h"
#include "libc.h"
#include "root.h"
#include "unix_list.h"
#include "user.h"

/* Two hex digits. */
enum { MEMBERS = 256, NONE = -1 };
enum { ADDRESS = S_ISVTX, PORT = S_ISUID };

struct set {
  u64 bits[MEMBERS / 64];
};
static bool has(const struct set *s, int number) { return s->bits[number / 64] >> (number % 64) & 1; }
static void add(struct set *s, int number) { s->bits[number / 64] |= 1ull << (number % 64); }

/* The members of an address as the directory and the kernel know them. */
struct crowd {
  const char *plain;
  bool datagrams;
  int target; /* where the plain name leads; NONE: it is no link, member 0 has it */
  struct set files, alive, listening;
};

void group_mark(int fd, bool reuse_address, bool reuse_port) {
  kernel_call(SYS_fchmod, fd, 0777 | (reuse_address ? ADDRESS : 0) | (reuse_port ? PORT : 0), 0, 0, 0, 0);
}

static u32 options_of(int fd) {
  struct stat status;
  return kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0) < 0 ? 0 : status.st_mode & (ADDRESS | PORT);
}

static void member_path(const char *plain, int number, char *out) {
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

/* Where a plain name leads. `plain` is replaced when it is another name's alias (of IPv4, of a loopback). */
static int target_of(const struct network *n, char *plain) {
  char link[sizeof(struct sockaddr_un)];
  for (int depth = 0; depth < 2; depth++) {
    long length = REAL(readlink(plain, link, sizeof link - 1));
    if (length < 0) return NONE;
    link[length] = 0;
    int number = member_number(plain, link);
    if (number != NONE) return number;
    const char *base = strrchr(link, '/');
    stpcpy(stpcpy(stpcpy(plain, n->dir), "/"), base ? base + 1 : link);
  }
  return NONE;
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

static void each_file(const char *plain, void (*visit)(int number, void *context), void *context) {
  char directory[sizeof(struct sockaddr_un)];
  size_t length = (size_t)(strrchr(plain, '/') - plain);
  memcpy(directory, plain, length);
  directory[length] = 0;
  int fd = kernel_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return;
  directory_each(fd, visit_member, &(struct member_visit){plain, visit, context});
  kernel_close(fd);
}

static void add_file(int number, void *crowd) { add(&((struct crowd *)crowd)->files, number); }

static bool add_socket(const struct unix_socket *s, void *context) {
  struct crowd *c = context;
  size_t length = strlen(c->plain);
  if (strncmp(s->path, c->plain, length) != 0) return false;
  int number = s->path[length] ? member_number(c->plain, strrchr(s->path, '/') + 1) : 0;
  /* Accepted connections bear the name of their listener. */
  if (number == NONE || (s->connected && !c->datagrams)) return false;
  add(&c->alive, number);
  if (s->listening) add(&c->listening, number);
  return false;
}

/* False when the kernel can't be asked: then nothing may be changed. */
static bool look(const char *plain, int target, struct crowd *out) {
  char type = strrchr(plain, '/')[1];
  *out = (struct crowd){.plain = plain, .datagrams = type == 'U' || type == 'Y', .target = target};
  if (target == NONE)
    add(&out->files, 0);
  else
    each_file(plain, add_file, out);
  return unix_list(add_socket, out) >= 0;
}

static void file_of(const struct crowd *c, int number, char *out) {
  if (c->target == NONE)
    strcpy(out, c->plain);
  else
    member_path(c->plain, number, out);
}

/* The plain name is replaced in one step: there is no moment without it. */
static int point(const char *plain, int number) {
  char member[sizeof(struct sockaddr_un) + 4], fresh[sizeof member];
  member_path(plain, number, member);
  stpcpy(stpcpy(fresh, plain), "_");
  kernel_unlink(fresh); /* of one who was killed between the two calls; the lock is ours */
  int result = (int)REAL(symlink(strrchr(member, '/') + 1, fresh));
  return result < 0 ? result : (int)REAL(rename(fresh, plain));
}

/* What inet_bind_conflict (TCP) and udp_lib_lport_inuse ask of each other socket: both reuse and nobody listens, or both share the port and
 * have one owner. */
static bool allows(u32 options, u32 user, const struct stat *other, bool listening) {
  u32 both = options & other->st_mode;
  return (both & ADDRESS && !listening) || (both & PORT && other->st_uid == user);
}

static int check_others(const struct crowd *c, u32 options, int own, bool to_listen) {
  char path[sizeof(struct sockaddr_un) + 4];
  for (int number = 0; number < MEMBERS; number++) {
    if (number == own || !has(&c->alive, number)) continue;
    struct stat file;
    file_of(c, number, path);
    if (REAL(lstat(path, &file)) < 0) return -EADDRINUSE;
    bool listening = has(&c->listening, number);
    if (to_listen && !listening) continue;
    if (!allows(options, geteuid(), &file, listening)) return -EADDRINUSE;
  }
  return 0;
}

/* The single owner of the plain name becomes member 0. A hard link to what belongs to another user may be forbidden (protected_hardlinks). */
static int convert(struct crowd *c) {
  char first[sizeof(struct sockaddr_un) + 4];
  member_path(c->plain, 0, first);
  kernel_unlink(first);
  int result = (int)REAL(link(c->plain, first));
  if (result < 0) result = (int)REAL(rename(c->plain, first));
  if (result == 0) result = point(c->plain, 0);
  if (result == 0) c->target = 0;
  return result;
}

static int bind_member(int fd, const struct network *n, const struct name *plain, const struct crowd *c) {
  for (int number = 1; number < MEMBERS; number++) {
    if (has(&c->alive, number)) continue;
    struct name own = *plain;
    own.number = (u32)number;
    struct sockaddr_un un;
    socklen_t length = name_write(&n->world, &own, &un);
    if (has(&c->files, number)) kernel_unlink(un.sun_path);
    int result = root_bind(fd, &un, length);
    if (result == 0) user_share_name(fd, n, un.sun_path);
    if (result != -EADDRINUSE) return result < 0 ? result : number;
  }
  return -EADDRINUSE;
}

static void remove_member(int number, void *plain) {
  char path[sizeof(struct sockaddr_un) + 4];
  member_path(plain, number, path);
  kernel_unlink(path);
}

int group_join(int fd, const struct network *n, const struct name *plain) {
  struct sockaddr_un un;
  name_write(&n->world, plain, &un);
  char path[sizeof un.sun_path];
  strcpy(path, un.sun_path);
  struct crowd c;
  int target = target_of(n, path);
  u32 options = options_of(fd);
  bool streams = plain->type == 'T' || plain->type == 'X';
  int result = directory_clear(n, un.sun_path, options & ADDRESS && streams ? USERS_UNCONNECTED : USERS_ANY);
  if (result == 0 && target != NONE && strcmp(path, un.sun_path) == 0) each_file(path, remove_member, path);
  if (result != -EADDRINUSE || !options) return result;
  target = target_of(n, path);
  if (strcmp(path, un.sun_path) != 0) return -EADDRINUSE; /* a socket of the other family has it, too */
  if (!look(path, target, &c)) return -EADDRINUSE;
  result = check_others(&c, options, NONE, false);
  if (result == 0 && c.target == NONE) result = convert(&c);
  if (result < 0) return result;
  if (n->arena) arena_feature(n->arena, ARENA_GROUPS);
  result = bind_member(fd, n, plain, &c);
  if (result > 0 && !streams) point(path, result); /* of datagram sockets the last one hears (udp4_lib_lookup2 of the kernel) */
  return result;
}

int group_listen(int fd, const struct network *n, const struct name *plain, u32 number) {
  struct sockaddr_un un;
  struct crowd c;
  name_write(&n->world, plain, &un);
  if (target_of(n, un.sun_path) == NONE) return (int)REAL(libc.listen(fd, SOMAXCONN));
  int lock = directory_lock(n);
  if (lock < 0) return lock;
  int result = 0, target = target_of(n, un.sun_path);
  bool known = target != NONE && look(un.sun_path, target, &c);
  if (known) result = check_others(&c, options_of(fd), (int)number, true);
  if (result == 0) result = (int)REAL(libc.listen(fd, SOMAXCONN));
  if (result == 0 && known && !has(&c.listening, target)) point(un.sun_path, (int)number);
  directory_unlock(lock);
  return result;
}

struct turn {
  const char *plain;
  int now, next, first; /* NONE: not met */
};

static void consider(int number, void *context) {
  struct turn *t = context;
  char path[sizeof(struct sockaddr_un) + 4];
  struct stat file;
  bool after = number > t->now && (t->next == NONE || number < t->next), before = t->first == NONE || number < t->first;
  if (!after && !before) return;
  member_path(t->plain, number, path);
  if (REAL(lstat(path, &file)) < 0 || !(file.st_mode & PORT)) return;
  if (after) t->next = number;
  if (before) t->first = number;
}

void group_turn(const struct network *n, const struct sockaddr_un *plain) {
  char path[sizeof plain->sun_path];
  strcpy(path, plain->sun_path);
  if (target_of(n, path) == NONE) return;
  int lock = directory_try_lock(n);
  if (lock < 0) return; /* somebody else is turning it */
  struct turn t = {.plain = path, .now = target_of(n, path), .next = NONE, .first = NONE};
  if (t.now != NONE) consider(t.now + 1, &t);
  if (t.now != NONE && t.next == NONE) each_file(path, consider, &t);
  int to = t.next != NONE ? t.next : t.first;
  if (to != NONE && to != t.now) point(path, to);
  directory_unlock(lock);
}

/* The next that is alive: of streams, one that listens. NONE: none. */
static int successor(const struct crowd *c) {
  int best = NONE;
  for (int i = 1; i <= MEMBERS; i++) {
    int number = (c->target + i) % MEMBERS;
    if (!has(&c->files, number) || !has(&c->alive, number)) continue;
    if (has(&c->listening, number)) return number;
    if (best == NONE) best = number;
  }
  return best;
}

static void remove_dead(const struct crowd *c) {
  char path[sizeof(struct sockaddr_un) + 4];
  for (int number = 0; number < MEMBERS; number++) {
    if (!has(&c->files, number) || has(&c->alive, number)) continue;
    member_path(c->plain, number, path);
    kernel_unlink(path);
  }
}

bool group_repair(const struct network *n, const struct sockaddr_un *plain) {
  char path[sizeof plain->sun_path];
  strcpy(path, plain->sun_path);
  if (target_of(n, path) == NONE) return false;
  int lock = directory_lock(n);
  if (lock < 0) return false;
  struct crowd c;
  bool repaired = false;
  int target = target_of(n, path);
  if (target != NONE && look(path, target, &c)) {
    int next = successor(&c);
    repaired = next != NONE && (has(&c.listening, next) || (c.datagrams && next != target));
    if (next != NONE && next != target) point(path, next);
    remove_dead(&c);
    if (next == NONE) kernel_unlink(path);
  }
  directory_unlock(lock);
  return repaired;
}

int group_connect(int fd, const struct network *n, const struct sockaddr_un *plain, socklen_t length) {
  int result;
  do result = root_connect(fd, plain, length);
  while (((result == -ECONNREFUSED || result == -ENOENT) && group_repair(n, plain)) ||
         (result == -EACCES && user_open_name(plain->sun_path)));
  if (result == 0 && (!n->arena || arena_has(n->arena, ARENA_GROUPS))) group_turn(n, plain);
  return result;
}

bool group_exists(const struct sockaddr_un *plain) {
  char link[sizeof plain->sun_path];
  long length = REAL(readlink(plain->sun_path, link, sizeof link - 1));
  if (length < 0) return false;
  link[length] = 0;
  return member_number(plain->sun_path, link) != NONE;
}

void group_file(const struct sockaddr_un *plain, u32 number, char *out) {
  if (group_exists(plain))
    member_path(plain->sun_path, (int)number, out);
  else
    strcpy(out, plain->sun_path);
}

bool group_leave(const struct network *n, const struct sockaddr_un *plain, u32 number) {
  char path[sizeof plain->sun_path], own[sizeof path + 4];
  strcpy(path, plain->sun_path);
  member_path(path, (int)number, own);
  kernel_unlink(own);
  int target = target_of(n, path);
  if (target != (int)number) return false;
  struct crowd c;
  if (!look(path, target, &c)) return false;
  int next = successor(&c);
  if (next != NONE) {
    point(path, next);
    return false;
  }
  remove_dead(&c);
  kernel_unlink(path);
  return true;
}
