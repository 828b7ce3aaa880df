/* SPDX-License-Identifier: MIT
 * socket, socketpair, listen, accept, shutdown. */
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>

#include "arena.h"
#include "capture.h"
#include "consume.h"
#include "endpoint.h"
#include "enter.h"
#include "explore.h"
#include "kernel.h"
#include "kind.h"
#include "libc.h"
#include "nameserver.h"
#include "option.h"
#include "option_local.h"
#include "stream.h"
#include "table.h"
#include "wildcard.h"
#include "wrap.h"

static const int TYPE_FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;

static int make_socket(struct network *n, int family, int type, int protocol) {
  int kind = type & ~TYPE_FLAGS;
  protocol = kind_inet(family, kind, protocol);
  if (protocol < 0) return protocol;
  if (n->error) return n->error;
  struct sock *s = table_new(n);
  if (!s) return -ENFILE;
  s->info.family = (u16)family;
  s->info.type = (u16)kind;
  s->info.protocol = (u16)protocol;
  s->info.host = (u16)n->world.host;
  if (family == AF_INET6) s->info.flags = FLAG_dualStack;
  int fd = (int)REAL(libc.socket(AF_UNIX, type, 0));
  if (fd < 0) {
    table_release(s);
    return fd;
  }
  int result = table_install(fd, s);
  if (result == 0) return fd;
  kernel_close(fd);
  return result;
}

EXPORT int socket(int family, int type, int protocol) {
  struct network *n = network_current();
  if (family == AF_INET || family == AF_INET6) {
    if (n) return (int)shim_leave(make_socket(n, family, type, protocol));
    if (network_is_refused()) return (int)shim_leave(-EACCES);
  }
  int refused = n ? kind_other(n->arena != NULL, family) : 0;
  if (refused < 0) return (int)shim_leave(refused);
  int fd = libc.socket(family, type, protocol);
  table_drop(fd);
  if (fd >= 0 && family == AF_NETLINK && protocol == NETLINK_ROUTE && n && n->arena) table_mark_netlink(fd);
  return fd;
}

EXPORT int socketpair(int family, int type, int protocol, int fds[2]) {
  int result = libc.socketpair(family, type, protocol, fds);
  if (result == 0) table_drop(fds[0]), table_drop(fds[1]);
  return result;
}

EXPORT int listen(int fd, int backlog) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.listen(fd, backlog);
  sock_refresh(s);
  if (s->info.type != SOCK_STREAM) return (int)shim_leave(-EOPNOTSUPP);
  if (s->info.state == STATE_connected || (atomic_load(&s->edge) & EDGE_PAST)) return (int)shim_leave(-EINVAL);
  if ((s->info.flags & FLAG_shutRead) || stream_has_left_name(s)) {
    /* The kernel's socket was shut down for good, or has a client's name. */
    struct sock *fresh = stream_renew(fd, s);
    if (fresh) s = fresh;
  }
  int result = endpoint_autobind(fd, s, NULL);
  /* A unix socket turns clients away when its backlog is full (EAGAIN); TCP lets them wait. So there is always room. */
  (void)backlog;
  if (result == 0) result = endpoint_listen(fd, s);
  if (result == 0) {
    sock_begin(s);
    s->info.state = STATE_listening;
    sock_end(s);
  }
  endpoint_record(fd, s, OP_listen, result, 0);
  return (int)shim_leave(result);
}

/* The accepted socket's addresses: the peer's from its name; the own one from the listener, made concrete by where the peer came from. */
static void accepted_addresses(const struct network *n, const struct wire_info *listener, const struct name *peer, struct wire_info *out) {
  struct address from, local = info_local(listener);
  /* A file of one's own host may mean its loopback or its address; who talks to an address of the own host has that address, too. */
  bool own = !peer->abstract && peer->interface == n->world.host;
  bool near = peer->loopback || (own && (address_is_any(&local) || address_is_loopback(&local)));
  name_to_address(&n->world, peer, near, &from);
  if (address_is_any(&local)) {
    u16 port = local.port;
    if (!near || !wildcard_asked(n, listener, &from, &local)) local = address_of_host(&n->world, n->world.host, peer->type == 'X', near);
    local.port = port;
  }
  info_set_local(out, &local);
  info_set_peer(out, &from);
}

static int adopt(int fd, struct sock *listener, const struct sockaddr_un *un, socklen_t length, struct sock **out) {
  struct network *n = listener->network;
  struct wire_info from;
  sock_read(listener, &from);
  struct sock *s = table_new(n);
  if (!s) return -ENFILE;
  struct wire_info info = {.family = from.family, .type = from.type, .protocol = from.protocol, .host = from.host};
  info.state = STATE_connected;
  info.flags = FLAG_accepted | (from.flags & FLAG_dualStack);
  info.optionMask = from.optionMask;
  memcpy(info.options, from.options, sizeof info.options);
  option_local_copy(s, listener);
  struct name peer;
  if (name_read(&n->world, un, length, &peer) == 0) {
    accepted_addresses(n, &from, &peer, &info);
  } else {
    /* A client without a name, for example one that is not under a shim. */
    struct address local = info_local(&from), any = address_any(from.family);
    info_set_local(&info, &local);
    info_set_peer(&info, &any);
  }
  sock_write(s, &info);
  *out = s;
  return table_install(fd, s);
}

/* accept(2) and accept4(2) are two calls: a program's own seccomp filter may know only the one it uses. */
enum { PLAIN_ACCEPT = -1 };

static int accept_stream(int fd, struct sock *listener, struct sockaddr *address, socklen_t *length, int flags) {
  struct sockaddr_un un;
  socklen_t un_length = sizeof un;
  un.sun_family = AF_UNSPEC;
  struct sockaddr *from = (struct sockaddr *)&un;
  int accepted = (int)REAL(flags == PLAIN_ACCEPT ? libc.accept(fd, from, &un_length) : libc.accept4(fd, from, &un_length, flags));
  /* A unix listener that was shut down is one for ever. */
  if (accepted < 0) return accepted == -EAGAIN && listener->info.state != STATE_listening ? -EINVAL : accepted;
  if (address && (!length || (int)*length < 0)) { /* do_accept looks at it when there is a connection, which is lost then */
    kernel_close(accepted);
    return length ? -EINVAL : -EFAULT;
  }
  /* Not looked up again by its number: another thread may close that at any time. */
  struct sock *s;
  int result = adopt(accepted, listener, &un, un_length < sizeof un ? un_length : sizeof un, &s);
  if (result < 0) {
    kernel_close(accepted);
    return result;
  }
  if (listener->info.flags & FLAG_inherit) {
    option_inherit(fd, accepted);
    atomic_fetch_or(&s->edge, atomic_load(&listener->edge) & EDGE_HARD);
  }
  endpoint_record(accepted, s, OP_accept, accepted, (u32)fd);
  if (capture_is_on(s)) capture_accepted(accepted, s);
  if (address) {
    struct wire_info info;
    sock_read(s, &info);
    struct address peer = info_peer(&info);
    address_write(&peer, info.family, address, length);
  }
  return accepted;
}

static int accept_any(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags) {
  struct sock *s = table_find_checked(fd);
  if (!s) {
    int accepted = flags == PLAIN_ACCEPT ? libc.accept(fd, address, length) : libc.accept4(fd, address, length, flags);
    table_drop(accepted);
    return accepted;
  }
  sock_refresh(s);
  if (s->info.type != SOCK_STREAM) return (int)shim_leave(-EOPNOTSUPP);
  u32 entry = consume_input(fd);
  int accepted = accept_stream(fd, s, SOCKADDR(address), length, flags);
  consume_after(fd, entry, accepted >= 0);
  return (int)shim_leave(accepted);
}

EXPORT int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags) {
  return flags == PLAIN_ACCEPT ? (int)shim_leave(-EINVAL) : accept_any(fd, address, length, flags);
}

EXPORT int accept(int fd, __SOCKADDR_ARG address, socklen_t *length) { return accept_any(fd, address, length, PLAIN_ACCEPT); }

/* Who waits in the queue of a listener that was shut down is reset. accept does not wait any more: an empty queue is EINVAL. */
static void turn_away(int fd, struct sock *listener) {
  struct network *n = listener->network;
  struct wire_info from, end;
  struct sockaddr_un un;
  struct name peer;
  sock_read(listener, &from);
  for (;;) {
    socklen_t length = sizeof un;
    un.sun_family = AF_UNSPEC;
    int accepted = (int)REAL(libc.accept4(fd, (struct sockaddr *)&un, &length, SOCK_CLOEXEC));
    if (accepted < 0) return;
    end = (struct wire_info){.type = from.type, .host = from.host, .state = STATE_connected};
    if (name_read(&n->world, &un, length < sizeof un ? length : sizeof un, &peer) == 0) {
      accepted_addresses(n, &from, &peer, &end);
      stream_reset_peer(n, &end);
    }
    libc.close(accepted);
  }
}

static void note_shutdown(struct sock *s, int how) {
  sock_begin(s);
  s->info.flags |= (u16)((how != SHUT_WR ? FLAG_shutRead : 0) | (how != SHUT_RD ? FLAG_shutWrite : 0));
  if (s->info.state == STATE_listening) s->info.state = STATE_bound;
  sock_end(s);
}

/* A unix socket stays a listener. The end of the old one resets who waits; held by others, too, it is the only one with that name. */
static struct sock *end_listening(int fd, struct sock *s, int how) {
  struct sock *fresh = s->info.flags & FLAG_shared ? NULL : stream_begin_anew(fd, s, false);
  if (fresh) return fresh;
  note_shutdown(s, how);
  turn_away(fd, s);
  return s;
}

EXPORT int shutdown(int fd, int how) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.shutdown(fd, how);
  if (table_entry(fd) & TABLE_EXPLORED) explore_point(POINT_shutdown);
  sock_refresh(s);
  if (how < SHUT_RD || how > SHUT_RDWR) return (int)shim_leave(-EINVAL);
  bool listening = s->info.state == STATE_listening;
  if (s->info.type == SOCK_STREAM ? stream_state(fd, s) == TCP_CLOSE : s->info.state != STATE_connected) {
    note_shutdown(s, how); /* inet_shutdown does so all the same */
    if (s->info.type == SOCK_STREAM) libc.shutdown(fd, how);
    return (int)shim_leave(-ENOTCONN);
  }
  if (listening && how == SHUT_WR) return 0; /* tcp_shutdown has nothing to send */
  if (capture_is_on(s)) capture_shutdown(fd, s, how);
  bool is_told = s->network->arena && atomic_load(&s->registered);
  int result = (int)REAL(libc.shutdown(fd, how));
  if (how != SHUT_RD && atomic_load(&s->served)) nameserver_end(s);
  if (result == 0 && listening)
    s = end_listening(fd, s, how);
  else if (result == 0 && s->info.type == SOCK_STREAM)
    note_shutdown(s, how);
  if (is_told) endpoint_record(fd, s, OP_shutdown, result, (u32)how);
  return (int)shim_leave(result);
}
