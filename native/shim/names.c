/* SPDX-License-Identifier: MIT */
#include "names.h"

#include <errno.h>
#include <string.h>

#include "enter.h"
#include "group.h"
#include "kernel.h"
#include "libc.h"
#include "root.h"
#include "spill.h"
#include "user.h"
#include "sock.h"

static void add_alias(const struct name_world *world, struct names *names, const struct name *n) {
  names->alias_in_loopback[names->aliases] = n->loopback;
  name_write(world, n, &names->alias[names->aliases++]);
}

/* A socket on the unspecified address answers on every address of its host: on the loopback of a host beyond the first, and for `::` on IPv4. */
int names_of(const struct name_world *world, const struct wire_info *info, const struct address *a, struct names *names) {
  int result = name_of_address(world, a, info->type, &names->real_name);
  if (result < 0) return result;
  names->aliases = 0;
  names->real_length = name_write(world, &names->real_name, &names->real);
  if (!address_is_any(a) || (info->flags & FLAG_autobound)) return 0;
  bool own_loopback = world->ten && world->host != 1;
  bool dual = info->family == AF_INET6 && !address_is_v4(a) && (info->flags & FLAG_dualStack);
  struct name name = names->real_name;
  if (own_loopback) {
    name.loopback = true, name.host = world->host, name.interface = 1;
    add_alias(world, names, &name);
  }
  if (dual) {
    name = names->real_name;
    name.type = name.type == 'X' ? 'T' : 'U';
    add_alias(world, names, &name);
    if (own_loopback) {
      name.loopback = true, name.host = world->host, name.interface = 1;
      add_alias(world, names, &name);
    }
  }
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
    directory_make_loopback(n);
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

/* The links come first: a bound unix socket cannot be unbound when one of them is taken. */
int names_take(int fd, const struct network *n, const struct names *names, enum directory_users users) {
  if (names->aliases == 0) return bind_real(fd, n, names, false, users);
  int lock = directory_lock(n);
  int result = lock < 0 ? lock : 0;
  bool made[ALIASES_MAX] = {false};
  for (int i = 0; result >= 0 && i < names->aliases; i++) {
    result = directory_alias(n, names->alias[i].sun_path, names->real.sun_path, names->alias_in_loopback[i], users);
    made[i] = result == 0;
  }
  if (result >= 0) result = bind_real(fd, n, names, true, users);
  for (int i = 0; result < 0 && i < names->aliases; i++)
    if (made[i]) kernel_unlink(names->alias[i].sun_path);
  directory_unlock(lock);
  return result;
}

void names_remove(const struct network *n, const struct names *names, u32 number) {
  if (names->real_name.type == 'U' || names->real_name.type == 'Y') {
    char own[sizeof names->real.sun_path];
    group_file(&names->real, number, own);
    spill_end(n, own);
  }
  if ((number || group_exists(&names->real)) && !group_leave(n, &names->real, number)) return;
  for (int i = 0; i < names->aliases; i++) kernel_unlink(names->alias[i].sun_path);
  kernel_unlink(names->real.sun_path);
}
