/* SPDX-License-Identifier: MIT */
#include "endpoint.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "arena.h"
#include "directory.h"
#include "enter.h"
#include "group.h"
#include "journal.h"
#include "kernel.h"
#include "libc.h"
#include "multicast.h"
#include "spill.h"
#include "stream.h"
#include "sweep.h"
#include "unix_list.h"
#include "user.h"

/* net.ipv4.ip_local_port_range of Linux. */
enum { PORT_FIRST = 32768, PORT_LAST = 60999, ALIASES_MAX = 3 };

/* All names of one bound socket: the real one, and symbolic links to it. */
struct names {
  struct sockaddr_un real;
  socklen_t real_length;
  struct name real_name;
  struct sockaddr_un alias[ALIASES_MAX];
  bool alias_in_loopback[ALIASES_MAX];
  int aliases;
};

static u16 next_port(struct network *n, int type) {
  if (n->arena) return arena_next_port(n->arena, type);
  static _Atomic u32 counter;
  if (atomic_load(&counter) == 0) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    u32 none = 0;
    atomic_compare_exchange_strong(&counter, &none, ((u32)now.tv_nsec ^ ((u32)getpid() << 8)) | 1);
  }
  return (u16)(PORT_FIRST + atomic_fetch_add(&counter, 1) % (PORT_LAST - PORT_FIRST + 1));
}

static void add_alias(const struct name_world *world, struct names *names, const struct name *n) {
  names->alias_in_loopback[names->aliases] = n->loopback;
  name_write(world, n, &names->alias[names->aliases++]);
}

/* A socket on the unspecified address answers on every address of its host: on the loopback of a host beyond the first, and for `::` on IPv4. */
static int names_of(const struct name_world *world, const struct wire_info *info, const struct address *a, struct names *names) {
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

/* Returns the number that the socket got in the group of its address, 0 for the plain name. */
static int bind_real(int fd, const struct network *n, const struct names *names, bool locked, enum directory_users users) {
  int result = (int)REAL(libc.bind(fd, (const struct sockaddr *)&names->real, names->real_length));
  if (result == -ENOENT && names->real_name.loopback) {
    directory_make_loopback(n);
    result = (int)REAL(libc.bind(fd, (const struct sockaddr *)&names->real, names->real_length));
  }
  if (result == 0 && !names->real_name.abstract) user_share_name(fd, n, names->real.sun_path);
  if (result != -EADDRINUSE || names->real_name.abstract || users == USERS_UNASKED) return result;
  int lock = locked ? -1 : directory_lock(n);
  result = group_join(fd, n, &names->real_name);
  if (result == 0) {
    result = (int)REAL(libc.bind(fd, (const struct sockaddr *)&names->real, names->real_length));
    if (result == 0) user_share_name(fd, n, names->real.sun_path);
  }
  directory_unlock(lock);
  return result;
}

/* The links come first: a bound unix socket cannot be unbound when one of them is taken. */
static int bind_names(int fd, const struct network *n, const struct names *names, enum directory_users users) {
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

static bool is_group(const struct wire_info *info, const struct address *a) { return info->type == SOCK_DGRAM && address_is_multicast(a); }

/* An attempt at one port: names made, name taken. */
typedef int bind_port(int fd, const struct sock *s, struct address *local, struct names *names, enum directory_users users);

struct live_ports {
  const char *like; /* a name of the same kind */
  u64 bits[0x10000 / 64];
};

static bool add_port(const struct unix_socket *socket, void *context) {
  struct live_ports *live = context;
  u16 port;
  size_t prefix = (size_t)(strrchr(live->like, '/') - live->like) + 4;
  if (strncmp(socket->path, live->like, prefix) == 0 && name_read_port(socket->path + prefix, &port))
    live->bits[port / 64] |= 1ull << (port % 64);
  return false;
}

/* The next free port. A name that is there counts as taken, and is never shared (inet_csk_find_open_port); only when all are, those of the
 * dead are looked for: one question to the kernel, not one for each name. */
static int bind_free_port(int fd, const struct sock *s, struct address *local, struct names *names, bind_port *bind_at) {
  struct network *n = s->network;
  int result = 0;
  for (int tries = 0; tries <= PORT_LAST - PORT_FIRST; tries++) {
    local->port = next_port(n, s->info.type);
    result = bind_at(fd, s, local, names, USERS_UNASKED);
    if (result != -EADDRINUSE) return result;
  }
  struct live_ports live = {.like = names->real.sun_path};
  /* Abstract names end with their sockets. */
  if (!names->real.sun_path[0] || unix_list(add_port, &live) < 0) return result;
  for (u32 port = PORT_FIRST; port <= PORT_LAST && result == -EADDRINUSE; port++) {
    if (live.bits[port / 64] >> (port % 64) & 1) continue;
    local->port = (u16)port;
    result = bind_at(fd, s, local, names, USERS_ANY);
  }
  return result;
}

static int bind_given(int fd, const struct sock *s, struct address *local, struct names *names, enum directory_users users) {
  *names = (struct names){.aliases = 0};
  if (is_group(&s->info, local)) return multicast_bind(fd, s->network, local);
  int result = names_of(&s->network->world, &s->info, local, names);
  return result < 0 ? result : bind_names(fd, s->network, names, users);
}

int endpoint_bind(int fd, struct sock *s, const struct address *a) {
  struct network *n = s->network;
  struct address wanted = *a;
  struct names names;
  bool reuse = s->info.options[OPTION_reuseAddress] && s->info.type == SOCK_STREAM;
  int result = a->port ? bind_given(fd, s, &wanted, &names, reuse ? USERS_UNCONNECTED : USERS_ANY)
                       : bind_free_port(fd, s, &wanted, &names, bind_given);
  if (result < 0) return directory_error(n, result);
  sock_begin(s);
  info_set_local(&s->info, &wanted);
  s->info.shareNumber = (u32)result;
  if (s->info.state == STATE_open) s->info.state = STATE_bound;
  s->info.flags |= FLAG_named;
  if (address_is_any(&wanted)) s->info.flags |= FLAG_anyBound;
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
  names->real_name.abstract = abstract;
  if (abstract && loopback && n->world.ten) {
    /* Only abstract names tell host 1's loopback from its address: on disk both are the reference's one file. */
    names->real_name.loopback = true;
    names->real_name.host = n->world.host;
  }
  names->real_length = name_write(&n->world, &names->real_name, &names->real);
  return bind_real(fd, n, names, false, users);
}

static int autobind_client(int fd, struct sock *s, const struct address *toward) {
  struct network *n = s->network;
  bool v6 = !address_is_v4(toward), loopback = address_is_loopback(toward) || address_is_any(toward);
  struct address local = address_of_host(&n->world, n->world.host, v6, loopback);
  struct names names;
  int result = bind_free_port(fd, s, &local, &names, bind_client);
  if (result < 0) return directory_error(n, result);
  sock_begin(s);
  bool stream = s->info.type == SOCK_STREAM;
  struct address shown = stream ? local : address_any(s->info.family);
  shown.port = local.port;
  info_set_local(&s->info, &shown);
  s->info.flags |= FLAG_autobound | (names.real_name.abstract ? 0 : FLAG_named) | (names.real_name.loopback ? FLAG_loopbackName : 0) |
                   (stream ? 0 : FLAG_anyBound);
  if (s->info.family == AF_INET6 && !v6) s->info.flags |= FLAG_nameV4;
  if (!stream) s->info.state = STATE_bound;
  sock_end(s);
  return 0;
}

int endpoint_autobind(int fd, struct sock *s, const struct address *toward) {
  if (s->info.state != STATE_open || (s->info.flags & FLAG_autobound)) return 0;
  struct address any = address_any(s->info.family);
  int result = toward ? autobind_client(fd, s, toward) : endpoint_bind(fd, s, &any);
  return result == -EADDRINUSE && s->info.type == SOCK_DGRAM ? -EAGAIN : result; /* inet_autobind */
}

/* The names as endpoint_bind made them, from the info alone: any holder in any process, also on another host, can remove them. False: none. */
static bool names_again(const struct network *n, const struct wire_info *info, struct names *names) {
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

bool endpoint_name(const struct network *n, const struct wire_info *info, struct sockaddr_un *out, socklen_t *length) {
  struct names names;
  struct address local = info_local(info);
  if (!(info->flags & FLAG_named)) return false;
  *length = sizeof *out;
  if (is_group(info, &local)) {
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
  if (!names_again(s->network, &s->info, &names)) return (int)REAL(libc.listen(fd, SOMAXCONN));
  return group_listen(fd, s->network, &names.real_name, s->info.shareNumber);
}

/* Others may have joined a socket with these options, unknown to it. */
static bool may_share(const struct wire_info *info) {
  return info->options[OPTION_reuseAddress] || info->options[OPTION_reusePort] || info->shareNumber;
}

/* Under the lock, or when nobody can be in the way. */
static void remove_names(const struct network *n, const struct names *names, u32 number) {
  if (names->real_name.type == 'U' || names->real_name.type == 'Y') {
    char own[sizeof names->real.sun_path];
    group_file(&names->real, number, own);
    spill_end(n, own);
  }
  if ((number || group_exists(&names->real)) && !group_leave(n, &names->real, number)) return;
  for (int i = 0; i < names->aliases; i++) kernel_unlink(names->alias[i].sun_path);
  kernel_unlink(names->real.sun_path);
}

/* The name of a socket that is bound to a multicast group: its alone. `look`: others may hold it. False for any other socket. */
static bool remove_group(const struct network *n, const struct wire_info *info, bool look) {
  struct address local = info_local(info);
  struct sockaddr_un un;
  if (!is_group(info, &local)) return false;
  multicast_name(n, info, &un);
  if (look && directory_file_is_live(un.sun_path, USERS_ANY)) return true;
  spill_end(n, un.sun_path);
  kernel_unlink(un.sun_path);
  if (look && n->arena) arena_socket_remove(n->arena, info->cookie);
  if (look) multicast_forget(n, info->cookie);
  return true;
}

void endpoint_release(struct sock *s, const struct wire_info *info, bool open, struct endpoint_remains *remains) {
  struct network *n = s->network;
  bool shared = info->flags & FLAG_shared;
  if (atomic_load(&s->edge) & EDGE_HARD) stream_reset_peer(n, info);
  /* Somebody else has it since (pidfd_getfd). */
  if (!shared && n->arena && atomic_load(&s->registered)) shared = arena_socket_version(n->arena, info->cookie) > info->version;
  if (!shared && n->arena && atomic_load(&s->registered)) arena_socket_remove(n->arena, info->cookie);
  if (!shared && (info->flags & FLAG_member)) multicast_forget(n, info->cookie);
  if (!(info->flags & FLAG_named)) return;
  /* With SO_REUSEADDR a listener may have taken over the name of a connected socket (USERS_UNCONNECTED). */
  bool replaced = info->type == SOCK_STREAM && info->state == STATE_connected && !(info->flags & FLAG_autobound);
  if (shared || !open || replaced) {
    *remains = (struct endpoint_remains){.network = n, .info = *info};
    return;
  }
  if (remove_group(n, info, false)) return;
  struct names names;
  if (!names_again(n, info, &names)) return;
  int lock = may_share(info) ? directory_lock(n) : -1;
  remove_names(n, &names, info->shareNumber);
  directory_unlock(lock);
}

void endpoint_reap(const struct endpoint_remains *remains) {
  struct network *n = remains->network;
  const struct wire_info *info = &remains->info;
  struct names names;
  if (!n || remove_group(n, info, true) || !names_again(n, info, &names)) return;
  int lock = directory_lock(n);
  if (lock < 0) return;
  enum directory_users users = info->state == STATE_listening ? USERS_UNCONNECTED : USERS_ANY;
  struct name bound = names.real_name;
  struct sockaddr_un un;
  bound.number = info->shareNumber;
  name_write(&n->world, &bound, &un);
  if (!directory_file_is_live(un.sun_path, users)) {
    remove_names(n, &names, info->shareNumber);
    if (n->arena) arena_socket_remove(n->arena, info->cookie);
    if (info->flags & FLAG_member) multicast_forget(n, info->cookie);
  }
  directory_unlock(lock);
}

void endpoint_publish(int fd, struct sock *s) {
  struct arena *arena = s->network->arena;
  if (!arena) return;
  bool first = !atomic_exchange(&s->registered, true);
  u64 cookie = s->info.cookie, inode = s->info.inode;
  socklen_t length = sizeof cookie;
  if (cookie == 0) kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length);
  if (inode == 0) {
    struct stat status;
    if (fstat(fd, &status) == 0) inode = status.st_ino;
  }
  u32 newest = first ? 0 : arena_socket_version(arena, cookie);
  /* The one flag that the other end writes. */
  struct wire_info theirs;
  bool reset = newest > s->info.version && arena_socket_get(arena, cookie, &theirs) && (theirs.flags & FLAG_reset);
  sock_begin(s);
  if (reset) s->info.flags |= FLAG_reset;
  s->info.cookie = cookie;
  s->info.inode = inode;
  if (s->info.bornPid == 0) s->info.bornPid = journal_pid();
  s->info.version = (newest > s->info.version ? newest : s->info.version) + 1;
  sock_end(s);
  struct wire_info info;
  sock_read(s, &info);
  if (arena_socket_store(arena, &info)) return;
  sweep_registry(arena);
  arena_socket_put(arena, &info);
}

void endpoint_record(int fd, struct sock *s, enum wire_op op, long result, u32 detail) {
  if (!s->network->arena) return;
  endpoint_publish(fd, s);
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = op, .fd = fd, .result = result, .detail = detail, .info = &info});
}
