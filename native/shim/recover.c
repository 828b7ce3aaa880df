/* SPDX-License-Identifier: MIT
 * Sockets that were open before us: inherited over exec, opened before the shim was loaded, received without an envelope. */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "consume.h"
#include "endpoint.h"
#include "enter.h"
#include "journal.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "libc.h"
#include "table.h"
#include "watch.h"

static int option_int(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return kernel_getsockopt(fd, SOL_SOCKET, option, &value, &length) < 0 ? -1 : value;
}

/* Only names in this network's directory, or abstract ones with its id: a unix socket of the program's own is never taken. */
static bool is_in_network(const struct network *n, const struct sockaddr_un *name, socklen_t length) {
  struct name ignored;
  if (name_read(&n->world, name, length, &ignored) < 0) return false;
  if (name->sun_path[0] == 0) return true;
  const char *own = n->dir + (name->sun_path[0] != '/'); /* bound from inside a chroot: root.h */
  size_t dir = strlen(own);
  return strncmp(name->sun_path, own, dir) == 0 && name->sun_path[dir] == '/';
}

static bool read_name(int (*get)(int, void *, socklen_t *), int fd, const struct network *n, struct name *out) {
  struct sockaddr_un un;
  socklen_t length = sizeof un;
  memset(&un, 0, sizeof un);
  if (get(fd, &un, &length) < 0 || length > sizeof un) return false;
  return is_in_network(n, &un, length) && name_read(&n->world, &un, length, out) == 0;
}

static bool info_from_kernel(int fd, const struct network *n, struct wire_info *info) {
  struct name local, peer;
  if (!read_name(kernel_getsockname, fd, n, &local)) return false;
  bool connected = read_name(kernel_getpeername, fd, n, &peer);
  int type = option_int(fd, SO_TYPE);
  if (type != SOCK_STREAM && type != SOCK_DGRAM) return false;
  info->type = (u16)type;
  info->protocol = type == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
  info->family = local.type == 'T' || local.type == 'U' ? AF_INET : AF_INET6;
  info->shareNumber = local.number;
  info->host = (u16)(local.loopback ? local.host : local.interface);
  info->flags = (u16)((local.abstract ? 0 : FLAG_named) | (local.loopback ? FLAG_loopbackName : 0));
  bool listening = option_int(fd, SO_ACCEPTCONN) == 1 && !(kernel_events(fd, POLLRDHUP) & POLLRDHUP); /* until its shutdown */
  info->state = connected ? STATE_connected : listening ? STATE_listening : STATE_bound;
  struct address address;
  /* Unconnected, and 127.0.0.n and ::1 are all there is: the address that a program most likely bound. */
  bool near = connected ? peer.loopback || peer.interface == n->world.host : !n->world.ten && local.interface == n->world.host;
  name_to_address(&n->world, &local, near, &address);
  info_set_local(info, &address);
  if (!connected) return true;
  name_to_address(&n->world, &peer, near, &address);
  info_set_peer(info, &address);
  return true;
}

void endpoint_refresh(int fd, struct sock *s) {
  struct wire_info found = {.state = STATE_open};
  if (!info_from_kernel(fd, s->network, &found) || found.state <= s->info.state) return;
  if (found.state == STATE_bound && (s->info.flags & FLAG_autobound)) return; /* of a connect that was refused */
  struct address local = info_local(&found), peer = info_peer(&found);
  sock_begin(s);
  if (s->info.localPort == 0 || found.state == STATE_connected) sock_set_local(s, &local);
  if (found.state == STATE_connected) sock_set_peer(s, &peer);
  s->info.state = found.state;
  sock_end(s);
}

struct sock *endpoint_recover(int fd, struct network *n) {
  if (option_int(fd, SO_DOMAIN) != AF_UNIX) return NULL;
  struct wire_info info = {.cookie = 0};
  socklen_t length = sizeof info.cookie;
  if (kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &info.cookie, &length) < 0) return NULL;
  u64 cookie = info.cookie;
  struct sock *s = table_find_cookie(cookie);
  if (!s) {
    bool registered = n->arena && arena_socket_get(n->arena, cookie, &info);
    if (!registered && !info_from_kernel(fd, n, &info)) return NULL;
    s = table_new(n);
    if (!s) return NULL;
    info.cookie = cookie;
    sock_write(s, &info);
    atomic_store(&s->registered, registered);
  }
  sock_begin(s);
  s->info.flags |= FLAG_shared;
  sock_end(s);
  if (table_install(fd, s) < 0) return NULL;
  consume_begin(fd, s);
  return s;
}

void endpoint_found(int fd, struct sock *s) {
  if (!s->network->arena) return;
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = OP_born, .fd = fd, .detail = 1, .info = &info});
}

int endpoint_leave(int fd, struct sock *s) {
  struct wire_info info;
  sock_read(s, &info);
  int flags = kernel_fcntl(fd, F_GETFL, 0), descriptor_flags = kernel_fcntl(fd, F_GETFD, 0);
  if (flags < 0) return flags;
  int type = info.type | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0) | SOCK_CLOEXEC;
  int real = (int)REAL(libc.socket(info.family, type, 0));
  if (real < 0) return real;
  struct watches watches;
  watch_take(fd, &watches);
  int result = kernel_dup3(real, fd, descriptor_flags & FD_CLOEXEC ? O_CLOEXEC : 0);
  watch_give(fd, &watches);
  kernel_close(real);
  if (result < 0) return result;
  table_drop(fd);
  return 0;
}
