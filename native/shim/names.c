/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "crowd.h"
#include "enter.h"
#include "group.h"
#include "kernel.h"
#include "libc.h"
#include "root.h"
#include "sock.h"
#include "spill.h"
#include "user.h"
#include "wildcard.h"

static void add_alias(const struct name_world *world, struct names *names, const struct name *n, const struct name *leads_to) {
  names->alias_in_loopback[names->aliases] = n->loopback;
  name_write(world, leads_to, &names->leads_to[names->aliases]);
  name_write(world, n, &names->alias[names->aliases++]);
}

/* A socket on the unspecified address answers on every address of its host: on the loopback of a host beyond the first, and for `::` on IPv4. */
int names_of(const struct name_world *world, const struct wire_info *info, const struct address *a, struct names *names) {
  int result = name_of_address(world, a, info->type, &names->real_name);
  if (result < 0) return result;
  names->aliases = 0;
  names->real_length = name_write(world, &names->real_name, &names->real);
  names->any_v4 = false;
  if (!address_is_any(a) || (info->flags & FLAG_autobound)) return 0;
  bool own_loopback = world->ten && world->host != 1;
  bool dual = info->family == AF_INET6 && !address_is_v4(a) && (info->flags & FLAG_dualStack);
  struct name wide = names->real_name, near = wide;
  near.loopback = true, near.host = world->host, near.interface = 1;
  names->any_v4 = dual || address_is_v4(a);
  if (own_loopback) add_alias(world, names, &near, &wide);
  if (!dual) return 0;
  wide.type = near.type = wide.type == 'X' ? 'T' : 'U';
  add_alias(world, names, &wide, &names->real_name);
  if (own_loopback) add_alias(world, names, &near, &wide);
  return 0;
}

bool names_again(const struct network *n, const struct wire_info *info, struct names *names) {
  struct name_world world = n->world;
  world.host = info->host;
  struct address local = info_local(info);
  bool v6 = info->family == AF_INET6 && !(info->flags & FLAG_nameV4);
  /* connect(2) has made the unspecified address concrete since. */
  if (info->flags & FLAG_anyBound)
    local = info->flags & FLAG_autobound ? address_of_host(&world, world.host, v6, info->flags & FLAG_loopbackName)
                                         : address_any(v6 ? AF_INET6 : AF_INET);
  local.port = info->localPort;
  return names_of(&world, info, &local, names) == 0;
}

/* Returns the number that the socket got in the group of its address, 0 for the plain name. */
static int bind_real(int fd, const struct network *n, const struct names *names, bool locked, enum directory_users users) {
  int result = root_bind(fd, &names->real, names->real_length);
  if (result == -ENOENT && names->real_name.loopback) {
    directory_make_loopback(n, names->real.sun_path);
    result = root_bind(fd, &names->real, names->real_length);
  }
  if (result == 0 && !names->real_name.abstract) user_share_name(fd, n, names->real.sun_path);
  if (result != -EADDRINUSE || names->real_name.abstract || users == USERS_UNASKED) return result;
  int lock = locked ? -1 : directory_lock(n);
  result = group_join(fd, n, &names->real_name);
  if (result == 0) {
    result = root_bind(fd, &names->real, names->real_length);
    if (result == 0) user_share_name(fd, n, names->real.sun_path);
  }
  directory_unlock(lock);
  return result;
}

static int make_alias(int fd, const struct network *n, const struct names *names, int i, enum directory_users users) {
  char link[DIRECTORY_LINK_MAX];
  const char *path = names->alias[i].sun_path, *leads_to = names->leads_to[i].sun_path;
  int result = directory_alias(n, path, leads_to, names->alias_in_loopback[i], users);
  if (result != -EADDRINUSE || users == USERS_UNASKED) return result;
  directory_link(leads_to, names->alias_in_loopback[i], link);
  return group_widen(fd, n, path, link);
}

static void remove_alias(const struct network *n, const char *path) {
  int target = crowd_target(path);
  if (target == ALIAS) kernel_unlink(path);
  if (target >= 0) group_leave(n, path, WIDER);
}

/* Others may answer there, too: of the same group, or of another one that leads there. */
static bool is_needed(const struct network *n, const char *alias) {
  char wider[sizeof(struct sockaddr_un)];
  struct crowd c;
  if (!crowd_wider(n, alias, wider) || REAL(access(wider, F_OK)) < 0) return false;
  return !crowd_look(n, alias, &c) || set_has(&c.alive, WIDER);
}

/* The links come first: a bound unix socket cannot be unbound when one of them is taken. */
int names_take(int fd, const struct network *n, const struct names *names, enum directory_users users) {
  bool matters = wildcard_matters(n, names);
  if (names->aliases == 0 && !matters) return bind_real(fd, n, names, false, users);
  int lock = directory_lock(n);
  int result = lock < 0 ? lock : matters ? wildcard_check(fd, n, names, false, users) : 0;
  bool made[ALIASES_MAX] = {false};
  for (int i = 0; result >= 0 && i < names->aliases; i++) {
    result = make_alias(fd, n, names, i, users);
    made[i] = result == 0;
  }
  if (result >= 0) result = bind_real(fd, n, names, true, users);
  for (int i = 0; result < 0 && i < names->aliases; i++)
    if (made[i]) remove_alias(n, names->alias[i].sun_path);
  directory_unlock(lock);
  return result;
}

int names_listen(int fd, const struct network *n, const struct names *names, u32 number) {
  bool matters = wildcard_matters(n, names), shared = matters || group_exists(&names->real);
  for (int i = 0; i < names->aliases; i++) shared = shared || group_exists(&names->alias[i]);
  if (!shared) return (int)REAL(libc.listen(fd, SOMAXCONN));
  int lock = directory_lock(n);
  int result = lock < 0 ? lock : matters ? wildcard_check(fd, n, names, true, USERS_ANY) : 0;
  for (int i = 0; result == 0 && i < names->aliases; i++)
    if (group_exists(&names->alias[i])) result = group_check(fd, n, names->alias[i].sun_path, true, false);
  if (result == 0) result = group_listen(fd, n, &names->real, number);
  directory_unlock(lock);
  return result;
}

void names_remove(const struct network *n, const struct names *names, u32 number) {
  if (names->real_name.type == 'U' || names->real_name.type == 'Y') {
    char own[sizeof names->real.sun_path];
    group_file(&names->real, number, own);
    spill_end(n, own);
  }
  if (!(number || group_exists(&names->real)) || group_leave(n, names->real.sun_path, number)) kernel_unlink(names->real.sun_path);
  for (int i = 0; i < names->aliases; i++)
    if (!is_needed(n, names->alias[i].sun_path)) remove_alias(n, names->alias[i].sun_path);
}
