/* SPDX-License-Identifier: MIT
 * The names of sockets that are bound to a group. */
#include "multicast.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "enter.h"
#include "root.h"

enum { NAMES_MAX = 256 };

static void name_at(const struct network *n, bool v6, u32 host, u16 port, u32 number, struct sockaddr_un *out) {
  struct name_world world = n->world;
  char dir[NAME_DIR_MAX + sizeof "/mc"];
  strcpy(stpcpy(dir, n->dir), "/mc");
  world.dir = dir;
  name_write(&world, &(struct name){.type = v6 ? 'Y' : 'U', .interface = host, .port = port, .number = number}, out);
}

int multicast_bind(int fd, const struct network *n, const struct address *a) {
  struct sockaddr_un un;
  bool made = false;
  for (u32 number = 1; number < NAMES_MAX; number++) {
    name_at(n, !address_is_v4(a), n->world.host, a->port, number, &un);
    int result = root_bind(fd, &un, sizeof un);
    if (result == 0) return (int)number;
    if (result == -ENOENT && !made) {
      made = true;
      number--;
      *strrchr(un.sun_path, '/') = 0;
      if (REAL(mkdir(un.sun_path, 0777)) == 0) (void)REAL(chmod(un.sun_path, 0777)); /* the directory above keeps others out */
    } else if (result != -EADDRINUSE) {
      return result;
    }
  }
  return -EADDRINUSE;
}

void multicast_name(const struct network *n, const struct wire_info *info, struct sockaddr_un *out) {
  struct address local = info_local(info);
  name_at(n, !address_is_v4(&local), info->host, info->localPort, info->shareNumber, out);
}
