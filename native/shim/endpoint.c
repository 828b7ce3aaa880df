/* SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <errno.h>
#include <string.h>

#include "enter.h"
#include "group.h"
#include "libc.h"
#include "multicast.h"
#include "names.h"
#include "port.h"

bool endpoint_is_group(const struct wire_info *info, const struct address *a) {
  return info->type == SOCK_DGRAM && (address_is_multicast(a) || address_ends_broadcast(a));
}

void endpoint_mark(int fd, const struct sock *s, bool any) {
  bool v6_only = any && s->info.family == AF_INET6 && !(s->info.flags & FLAG_dualStack);
  group_mark(fd, &(struct group_options){s->info.options[OPTION_reuseAddress], s->info.options[OPTION_reusePort], any, v6_only});
}

static int bind_given(int fd, const struct sock *s, struct address *local, struct names *names, enum directory_users users) {
  *names = (struct names){.aliases = 0};
  struct wire_info info;
  sock_read(s, &info);
  if (endpoint_is_group(&info, local)) return multicast_bind(fd, s->network, local);
  int result = names_of(&s->network->world, &info, local, names);
  return result < 0 ? result : names_take(fd, s->network, names, users);
}

int endpoint_bind(int fd, struct sock *s, const struct address *a) {
  struct network *n = s->network;
  struct address wanted = *a;
  struct names names;
  bool reuse = s->info.options[OPTION_reuseAddress] && s->info.type == SOCK_STREAM, any = address_is_any(a);
  if (any) endpoint_mark(fd, s, true);
  int result = a->port ? bind_given(fd, s, &wanted, &names, reuse ? USERS_UNCONNECTED : USERS_ANY)
                       : port_bind_free(fd, s, &wanted, &names, bind_given);
  if (result < 0 && any) endpoint_mark(fd, s, false);
  if (result < 0) return directory_error(n, result);
  sock_begin(s);
  sock_set_local(s, &wanted);
  s->info.shareNumber = (u32)result;
  if (s->info.state == STATE_open) s->info.state = STATE_bound;
  s->info.flags |= FLAG_named;
  if (address_is_any(&wanted)) s->info.flags |= FLAG_anyBound;
  if (!a->port) s->info.flags |= FLAG_chosenPort;
  if (names.real_name.loopback) s->info.flags |= FLAG_loopbackName;
  if (s->info.family == AF_INET6 && address_is_v4(&wanted))
    s->info.flags |= FLAG_nameV4;
  else if (!address_is_any(&wanted))
    s->info.flags &= (u16)~FLAG_dualStack; /* inet6_bind: a real address makes it IPv6 only */
  for (int i = 0; i < names.aliases; i++) s->info.flags |= names.alias_in_loopback[i] ? FLAG_aliasLoopback : FLAG_aliasV4;
  sock_end(s);
  return 0;
}

/* A stream client inside a network of ours needs no file: its name is only read by the accepting side, from the kernel. */
static int bind_client(int fd, const struct sock *s, struct address *local, struct names *names, enum directory_users users) {
  struct network *n = s->network;
  bool abstract = n->world.network_id != 0 && s->info.type == SOCK_STREAM, loopback = address_is_loopback(local);
  int result = name_of_address(&n->world, local, s->info.type, &names->real_name);
  if (result < 0) return result;
  names->aliases = 0;
  names->any_v4 = false;
  names->real_name.abstract = abstract;
  if (abstract && loopback && n->world.ten) {
    /* Only abstract names tell host 1's loopback from its address: on disk both are the reference's one file. */
    names->real_name.loopback = true;
    names->real_name.host = n->world.host;
  }
  names->real_length = name_write(&n->world, &names->real_name, &names->real);
  return names_take(fd, n, names, users);
}

static int autobind_client(int fd, struct sock *s, const struct address *toward) {
  struct network *n = s->network;
  bool v6 = !address_is_v4(toward), loopback = address_is_loopback(toward) || address_is_any(toward);
  struct address local = address_of_host(&n->world, n->world.host, v6, loopback);
  struct names names;
  int result = port_bind_free(fd, s, &local, &names, bind_client);
  if (result < 0) return directory_error(n, result);
  sock_begin(s);
  bool stream = s->info.type == SOCK_STREAM;
  struct address shown = stream ? local : address_any(s->info.family);
  shown.port = local.port;
  sock_set_local(s, &shown);
  s->info.flags |= FLAG_autobound | (names.real_name.abstract ? 0 : FLAG_named) | (names.real_name.loopback ? FLAG_loopbackName : 0) |
                   (stream ? 0 : FLAG_anyBound) | FLAG_chosenPort;
  if (s->info.family == AF_INET6 && !v6) s->info.flags |= FLAG_nameV4;
  if (!stream) s->info.state = STATE_bound;
  sock_end(s);
  return 0;
}

int endpoint_autobind(int fd, struct sock *s, const struct address *toward) {
  if (s->info.state != STATE_open || (s->info.flags & FLAG_autobound)) return 0;
  struct wire_info info;
  sock_read(s, &info);
  struct address local = info_local(&info);
  local.port = 0;
  /* A datagram socket that was disconnected keeps the address it was bound to. */
  bool bound = s->info.type == SOCK_DGRAM && !address_is_any(&local);
  if (!bound) local = address_any(s->info.family);
  int result = toward && !bound ? autobind_client(fd, s, toward) : endpoint_bind(fd, s, &local);
  return result == -EADDRINUSE && s->info.type == SOCK_DGRAM ? -EAGAIN : result; /* inet_autobind */
}

bool endpoint_name(const struct network *n, const struct wire_info *info, struct sockaddr_un *out, socklen_t *length) {
  struct names names;
  struct address local = info_local(info);
  if (!(info->flags & FLAG_named)) return false;
  *length = sizeof *out;
  if (endpoint_is_group(info, &local)) {
    multicast_name(n, info, out);
    return true;
  }
  if (!names_again(n, info, &names)) return false;
  *out = names.real;
  group_file(&names.real, info->shareNumber, out->sun_path);
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(out->sun_path) + 1);
  return true;
}

int endpoint_listen(int fd, struct sock *s) {
  struct names names;
  struct wire_info info;
  sock_read(s, &info);
  if (!names_again(s->network, &info, &names)) return (int)REAL(libc.listen(fd, SOMAXCONN));
  return names_listen(fd, s->network, &names, info.shareNumber);
}
