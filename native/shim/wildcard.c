/* SPDX-License-Identifier: MIT */
#include "wildcard.h"

#include <errno.h>
#include <string.h>

#include "arena.h"
#include "crowd.h"
#include "endpoint.h"
#include "enter.h"
#include "group.h"
#include "kernel.h"

/* The name by which the sockets on the unspecified address are found. */
static bool near_name(const struct network *n, const struct name *far, struct sockaddr_un *out) {
  if (!name_is_far(far)) return false;
  struct address near = address_of_host(&n->world, n->world.host, false, true);
  struct name name;
  near.port = far->port;
  if (name_of_address(&n->world, &near, far->type == 'T' ? SOCK_STREAM : SOCK_DGRAM, &name) < 0) return false;
  name_write(&n->world, &name, out);
  return true;
}

bool wildcard_name(const struct network *n, const struct name *far, struct sockaddr_un *out) {
  struct sockaddr_un near;
  return near_name(n, far, &near) && group_aim(n, near.sun_path, MARK_ANY | MARK_V4, out) == 0;
}

bool wildcard_is_own(const struct network *n, const struct name *far, const struct sockaddr_un *un) {
  struct sockaddr_un own;
  name_write(&n->world, far, &own);
  return strncmp(own.sun_path, un->sun_path, strlen(own.sun_path)) == 0;
}

void wildcard_tell(int fd, struct sock *s, const struct address *to) {
  struct arena *arena = s->network->arena;
  if (!arena) return;
  arena_feature(arena, ARENA_FAR);
  sock_begin(s);
  sock_set_peer(s, to);
  sock_end(s);
  endpoint_publish(fd, s);
}

bool wildcard_asked(const struct network *n, const struct wire_info *listener, const struct address *peer, struct address *out) {
  if (!n->arena || !arena_has(n->arena, ARENA_FAR)) return false;
  struct wire_info client;
  for (u32 at = 0; arena_socket_next(n->arena, &at, SOCK_STREAM, peer->port, &client);) {
    struct address local = info_local(&client);
    *out = info_peer(&client);
    bool is_it = client.host == listener->host && (address_is_any(&local) || memcmp(&local, peer, sizeof local) == 0);
    if (is_it && out->port == listener->localPort && address_is_v4(out) && address_is_loopback(out)) return true;
  }
  return false;
}

/* The directory of the host's far names; -ENOENT when there never was one. */
static int open_far(const struct network *n, char *path) {
  struct sockaddr_un un;
  name_write(&n->world, &(struct name){.type = 'T', .loopback = true, .host = n->world.host}, &un);
  *strrchr(un.sun_path, '/') = 0;
  strcpy(path, un.sun_path);
  return kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
}

struct far_search {
  const struct network *n;
  int fd;
  char type;
  u16 port;
  bool to_listen, asks;
  const char *directory;
  int result;
};

static void check_far(int directory, const char *base, void *context) {
  struct far_search *s = context;
  struct name name;
  char path[MEMBER_PATH];
  (void)directory;
  if (s->result < 0 || !name_read_far(base, &name) || name.number || name.type != s->type || name.port != s->port) return;
  stpcpy(stpcpy(stpcpy(path, s->directory), "/"), base);
  s->result = s->asks ? group_check(s->fd, s->n, path, s->to_listen, false) : -EADDRINUSE;
}

bool wildcard_matters(const struct network *n, const struct names *names) {
  char path[sizeof(struct sockaddr_un)];
  if (name_is_far(&names->real_name)) return !names->real_name.abstract;
  int directory = names->any_v4 ? open_far(n, path) : -ENOENT;
  if (directory < 0) return false;
  kernel_close(directory);
  return true;
}

int wildcard_check(int fd, const struct network *n, const struct names *names, bool to_listen, enum directory_users users) {
  char path[sizeof(struct sockaddr_un)];
  struct sockaddr_un near, one;
  bool asks = users != USERS_UNASKED, far = near_name(n, &names->real_name, &near);
  if (far && wildcard_name(n, &names->real_name, &one)) return asks ? group_check(fd, n, near.sun_path, to_listen, true) : -EADDRINUSE;
  int directory = names->any_v4 ? open_far(n, path) : -ENOENT;
  if (directory < 0) return 0;
  struct far_search s = {.n = n, .fd = fd, .port = names->real_name.port, .to_listen = to_listen, .asks = asks, .directory = path};
  s.type = names->real_name.type == 'T' || names->real_name.type == 'X' ? 'T' : 'U';
  directory_each(directory, check_far, &s);
  kernel_close(directory);
  return s.result;
}
