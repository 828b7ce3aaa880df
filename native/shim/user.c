/* SPDX-License-Identifier: MIT */
#include "user.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "directory.h"
#include "enter.h"
#include "kernel.h"
#include "libc.h"
#include "log.h"
#include "spare.h"

enum { GROUPS_MAX = 65536, GROUPS_FEW = 64 };
/* Numbers that no system gives to a group of its own; the second range is for user namespaces, which mostly map 65536 numbers. */
enum { GROUP_FIRST = 0x40000000, GROUP_MASK = 0x3fffffff, LOW_FIRST = 30000, LOW_COUNT = 30000 };
/* Marks of a socket (crowd.h) are nobody's rights. */
enum { SPECIAL = S_ISVTX | S_ISUID | S_ISGID | S_IRUSR, FOR_ALL = 0777 & ~S_IRUSR };

static int thread_get(int count, gid_t *list) { return (int)kernel_call(SYS_getgroups, count, (long)list, 0, 0, 0, 0); }
static int thread_set(size_t count, const gid_t *list) { return (int)kernel_call(SYS_setgroups, (long)count, (long)list, 0, 0, 0, 0); }
const struct user_calls user_thread_calls = {thread_get, thread_set};

static int process_get(int count, gid_t *list) { return (int)REAL(libc.getgroups(count, list)); }
static int process_set(size_t count, const gid_t *list) { return (int)REAL(libc.setgroups(count, list)); }
const struct user_calls user_process_calls = {process_get, process_set};

static bool has_users(const struct network *n) { return n->arena ? arena_has(n->arena, ARENA_USERS) : n->is_for_all; }

static int change_mode(int directory, const char *path, u32 mode) {
  if (directory == AT_FDCWD) directory = kernel_at(&path);
  return (int)kernel_call(SYS_fchmodat, directory, (long)path, (long)mode, 0, 0, 0);
}
static int change_group(int directory, const char *path, gid_t group) {
  if (directory == AT_FDCWD) directory = kernel_at(&path);
  return (int)kernel_call(SYS_fchownat, directory, (long)path, -1, (long)group, AT_SYMLINK_NOFOLLOW, 0);
}

struct sharing {
  gid_t group;
  int depth; /* of directories below */
};

static void share_entry(int parent, const char *name, void *context);

static void share_entries(int parent, const char *path, gid_t group, int depth) {
  if (parent == AT_FDCWD) parent = kernel_at(&path);
  int fd = (int)kernel_call(SYS_openat, parent, (long)path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0, 0, 0);
  if (fd < 0) return;
  directory_each(fd, share_entry, &(struct sharing){group, depth});
  kernel_close(fd);
}

/* What was made before: sockets by the umask of their maker, the arena and the log for their owner, the loopbacks of hosts. */
static void share_entry(int parent, const char *name, void *context) {
  const struct sharing *s = context;
  struct stat file;
  if (kernel_call(SYS_newfstatat, parent, (long)name, (long)&file, AT_SYMLINK_NOFOLLOW, 0, 0) < 0) return;
  if (S_ISSOCK(file.st_mode)) change_mode(parent, name, FOR_ALL | (file.st_mode & SPECIAL));
  if (S_ISREG(file.st_mode) && change_group(parent, name, s->group) == 0) change_mode(parent, name, 0660);
  if (!S_ISDIR(file.st_mode) || s->depth == 0) return;
  if (change_group(parent, name, s->group) == 0) change_mode(parent, name, 02770);
  share_entries(parent, name, s->group, s->depth - 1);
}

/* Under the lock. The bit comes before the look at what is there: whoever binds meanwhile sees it, or is seen. */
static int open_directory(const struct network *n) {
  u64 id = arena_head(n->arena)->networkId;
  gid_t group = (gid_t)(GROUP_FIRST | (id & GROUP_MASK));
  int result = change_group(AT_FDCWD, n->dir, group);
  if (result == -EINVAL) {
    group = (gid_t)(LOW_FIRST + id % LOW_COUNT);
    result = change_group(AT_FDCWD, n->dir, group);
  }
  if (result == 0) result = change_mode(AT_FDCWD, n->dir, 02770);
  if (result < 0) return result;
  arena_feature(n->arena, ARENA_USERS);
  share_entries(AT_FDCWD, n->dir, group, 1);
  return 0;
}

static gid_t network_group(const struct network *n) {
  struct stat file;
  return kernel_path_call(SYS_newfstatat, n->dir, (long)&file, 0, 0) < 0 ? 0 : file.st_gid;
}

/* The network's group; 0: it has none, and this process can't give it one. */
static gid_t open_network(const struct network *n) {
  /* Also when it is open: who opens it may not be through yet. */
  int lock = directory_lock(n), result = lock;
  if (lock >= 0 && !has_users(n)) result = open_directory(n);
  directory_unlock(lock);
  gid_t group = result < 0 ? 0 : network_group(n);
  if (!group) LOG(LOG_WARN, "the network can't be opened for another user (errno %d): this process will have no access", -result);
  return group;
}

/* Who kept capabilities over its change of user, as setpriv does, may set its groups afterwards: by then the network is open. */
static gid_t group_for_switch(void) {
  struct network *n = network_current();
  if (!n || !n->arena || n->error) return 0;
  if (geteuid() == 0) return open_network(n);
  return has_users(n) ? network_group(n) : 0;
}

/* The list with the group behind it, if it is not in it. */
static int set_with(const struct user_calls *calls, gid_t group, size_t count, const gid_t *list) {
  for (size_t i = 0; i < count && i < GROUPS_MAX; i++)
    if (list[i] == group) group = 0;
  if (!group || count >= GROUPS_MAX) return calls->set(count, list);
  gid_t few[GROUPS_FEW];
  struct spare all = spare_take(few, sizeof few, (count + 1) * sizeof *few);
  if (!all.at) return -ENOMEM;
  gid_t *groups = (gid_t *)(void *)all.at;
  if (count) memcpy(groups, list, count * sizeof *groups);
  groups[count] = group;
  int result = calls->set(count + 1, groups);
  spare_give(&all);
  return result;
}

int user_set_groups(const struct user_calls *calls, size_t count, const gid_t *list) {
  return set_with(calls, group_for_switch(), count, list);
}

void user_leave_root(const struct user_calls *calls) {
  gid_t group = group_for_switch();
  int count = group ? calls->get(0, NULL) : -1;
  if (count < 0) return;
  gid_t few[GROUPS_FEW];
  struct spare all = spare_take(few, sizeof few, (size_t)count * sizeof *few);
  if (!all.at) return;
  gid_t *groups = (gid_t *)(void *)all.at;
  count = calls->get(count, groups);
  bool has = false;
  for (int i = 0; i < count; i++) has |= groups[i] == group;
  if (count >= 0 && !has && set_with(calls, group, (size_t)count, groups) < 0)
    LOG(LOG_WARN, "the network's group can't be taken: as another user this process will have no access");
  spare_give(&all);
}

int user_get_groups(int count, gid_t *list) {
  struct network *n = network_current();
  struct stat file;
  int all = n && n->arena && has_users(n) ? (int)REAL(libc.getgroups(0, NULL)) : 0;
  if (all <= 0 || kernel_path_call(SYS_newfstatat, n->dir, (long)&file, 0, 0) < 0) return (int)REAL(libc.getgroups(count, list));
  gid_t few[GROUPS_FEW];
  struct spare room = spare_take(few, sizeof few, (size_t)all * sizeof *few);
  if (!room.at) return -ENOMEM;
  gid_t *groups = (gid_t *)(void *)room.at;
  all = (int)REAL(libc.getgroups(all, groups));
  int shown = 0;
  for (int i = 0; i < all; i++)
    if (groups[i] != file.st_gid) groups[shown++] = groups[i];
  if (count < 0 || (count > 0 && count < shown)) shown = -EINVAL;
  if (count > 0 && shown > 0) memcpy(list, groups, (size_t)shown * sizeof *list);
  spare_give(&room);
  return all < 0 ? all : shown;
}

/* The umask took it off the name; the mode of the socket itself has it still. */
static bool has_lost_mark(const char *path, u32 special) {
  struct stat file;
  if ((special & (S_ISGID | S_IRUSR)) != (S_ISGID | S_IRUSR)) return false;
  return kernel_path_call(SYS_newfstatat, path, (long)&file, 0, 0) == 0 && !(file.st_mode & S_IRUSR);
}

void user_share_name(int fd, const struct network *n, const char *path) {
  bool for_all = has_users(n);
  const char *last = strrchr(path, '/');
  if (!for_all && !(last && (last[1] == 'X' || last[1] == 'Y'))) return; /* the mark is for sockets of IPv6 */
  struct stat socket;
  u32 special = kernel_call(SYS_fstat, fd, (long)&socket, 0, 0, 0, 0) < 0 ? 0 : socket.st_mode & SPECIAL;
  if (for_all || has_lost_mark(path, special)) change_mode(AT_FDCWD, path, FOR_ALL | special);
}

bool user_open_name(const char *path) {
  struct stat file;
  if (kernel_path_call(SYS_newfstatat, path, (long)&file, 0, 0) < 0) return false;
  if (!S_ISSOCK(file.st_mode) || (file.st_mode & FOR_ALL) == FOR_ALL) return false;
  return change_mode(AT_FDCWD, path, FOR_ALL | (file.st_mode & SPECIAL)) == 0;
}

void user_share_directory(const struct network *n, const char *path) {
  if (has_users(n)) change_mode(AT_FDCWD, path, n->arena ? 02770 : 0777);
}
