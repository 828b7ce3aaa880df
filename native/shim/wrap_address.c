/* SPDX-License-Identifier: MIT
 * bind, bindresvport, connect, getsockname, getpeername. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>

#include "arena.h"
#include "capture.h"
#include "datagram.h"
#include "datagram_rival.h"
#include "directory.h"
#include "endpoint.h"
#include "enter.h"
#include "group.h"
#include "journal.h"
#include "libc.h"
#include "nameserver.h"
#include "stream.h"
#include "table.h"
#include "wildcard.h"
#include "wrap.h"

/* An address of IPv6 alone is one that IPv4 cannot reach (__inet6_bind). */
static void set_v6_only(struct sock *s) {
  sock_begin(s);
  s->info.options[OPTION_v6Only] = 1;
  s->info.optionMask |= 1u << OPTION_v6Only;
  s->info.flags &= (u16)~FLAG_dualStack;
  sock_end(s);
}

static int bind_inet(int fd, struct sock *s, const struct sockaddr *to, socklen_t length) {
  struct address a;
  int result;
  if (length > sizeof(struct sockaddr_storage)) return -EINVAL; /* move_addr_to_kernel */
  /* bind(2) of AF_INET takes AF_UNSPEC with INADDR_ANY for compatibility (inet_bind). */
  struct sockaddr_in in;
  if (s->info.family == AF_INET && to && length >= sizeof in && to->sa_family == AF_UNSPEC) {
    memcpy(&in, to, sizeof in);
    in.sin_family = in.sin_addr.s_addr == htonl(INADDR_ANY) ? AF_INET : AF_UNSPEC;
    to = (const struct sockaddr *)&in;
  }
  result = address_read(to, length, s->info.family, &a);
  if (result < 0) return result;
  if (stream_has_left_name(s) || stream_has_ended(fd, s)) {
    struct sock *fresh = stream_renew_unbound(fd, s);
    if (fresh) s = fresh;
  }
  if (s->info.state != STATE_open || (s->info.flags & FLAG_autobound)) return -EINVAL;
  if (address_is_v4(&a) && s->info.family == AF_INET6 && !(s->info.flags & FLAG_dualStack)) return -EINVAL;
  /* inet_bind lets a stream have the one of the loopback, where nobody can reach it. */
  bool stream = s->info.type == SOCK_STREAM, broadcast = address_is_broadcast(&s->network->world, &a);
  if (broadcast && stream && !address_is_loopback(&a)) return -EADDRNOTAVAIL;
  if (broadcast && !stream && !s->network->arena) {
    u16 port = a.port;
    a = address_of_host(&s->network->world, s->network->world.host, false, false);
    a.port = port;
  }
  struct name name;
  bool group = !stream && (address_is_multicast(&a) || (broadcast && s->network->arena));
  result = group ? 0 : name_of_address(&s->network->world, &a, s->info.type, &name);
  if (result < 0) return result;
  /* Another host's address is not available here, as on a real machine; the plain wrapper, where one process plays all, allows it. */
  if (!group && s->network->arena && !name.loopback && name.interface != s->network->world.host) return -EADDRNOTAVAIL;
  result = endpoint_bind(fd, s, &a);
  if (result == 0 && s->info.family == AF_INET6 && !address_is_any(&a) && !address_is_v4(&a)) set_v6_only(s);
  if (result < 0 && s->network->arena) {
    /* Told, so that the one who waits for this server learns why it does not come. */
    struct wire_info info;
    sock_read(s, &info);
    info_set_local(&info, &a);
    journal_write(s->network->arena, &(struct event){.op = OP_bind, .fd = fd, .result = result, .info = &info});
  }
  if (result == 0 && !sock_is_stream(s) && s->info.shareNumber) datagram_crowd(s->network);
  if (result == 0) endpoint_record(fd, s, OP_bind, 0, 0);
  return result;
}

EXPORT int bind(int fd, __CONST_SOCKADDR_ARG to, socklen_t length) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.bind(fd, to, length);
  sock_refresh(s);
  return (int)shim_leave(bind_inet(fd, s, SOCKADDR(to), length));
}

EXPORT int bindresvport(int fd, struct sockaddr_in *to) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.bindresvport(fd, to);
  struct sockaddr_in any = {.sin_family = AF_INET};
  if (!to) to = &any;
  if (to->sin_family != AF_INET) return (int)shim_leave(-EAFNOSUPPORT);
  /* 600..1023, then 512..599, as glibc's own (STARTPORT, ENDPORT, LOWPORT). */
  int result = -EADDRINUSE;
  for (u16 tries = 0; tries < 512 && result == -EADDRINUSE; tries++) {
    u16 port = (u16)(tries < 424 ? 600 + tries : 512 + tries - 424);
    to->sin_port = htons(port);
    result = bind_inet(fd, s, (struct sockaddr *)to, sizeof *to);
  }
  return (int)shim_leave(result);
}

static int connect_error(const struct network *n, int result) {
  switch (result) {
    case -ENOENT: /* nobody has the name */
      if (directory_is_gone(n)) {
        directory_error(n, result);
        return -ENETUNREACH;
      }
      return -ECONNREFUSED;
    case -ENOTDIR: /* nobody on that host ever used its loopback */
    case -EPROTOTYPE: return -ECONNREFUSED;
    default: return result;
  }
}

static void forget_peer(struct sock *s) {
  static const struct address none;
  sock_begin(s);
  sock_set_peer(s, &none);
  sock_end(s);
}

static int connect_stream(int fd, struct sock *s, struct address *a) {
  struct network *n = s->network;
  if (s->info.state == STATE_connected || s->info.state == STATE_listening) return -EISCONN;
  if (address_is_v4(a) && s->info.family == AF_INET6 && !(s->info.flags & FLAG_dualStack)) return -ENETUNREACH;
  bool own_v4 = s->info.state == STATE_bound && (s->info.flags & FLAG_nameV4);
  if (address_is_any(a)) { /* the kernel connects to the loopback instead */
    u16 port = a->port;
    *a = address_of_host(&n->world, n->world.host, !own_v4 && !address_is_v4(a), true);
    a->port = port;
  }
  if (own_v4 && !address_is_v4(a)) return -EAFNOSUPPORT; /* ip6_dst_lookup_tail */
  struct name name;
  bool outside = address_is_broadcast(&n->world, a) || name_of_address(&n->world, a, SOCK_STREAM, &name) < 0;
  if (outside && !nameserver_is_at(n, a)) return -ENETUNREACH;
  if (n->arena && !outside && !name.loopback && name.interface != n->world.host && !arena_host_exists(n->arena, name.interface))
    return -EHOSTUNREACH;
  int result = endpoint_autobind(fd, s, a);
  if (result < 0) return result == -EADDRINUSE ? -EADDRNOTAVAIL : result;
  if (a->port == 0) return -ECONNREFUSED;
  struct sockaddr_un un;
  if (!outside) name_write(&n->world, &name, &un);
  if (!outside && name_is_far(&name)) wildcard_tell(fd, s, a);
  if (capture_is_on(s)) capture_connecting(fd, s, a);
  result = outside ? -ECONNREFUSED : stream_connect_name(fd, n, &un);
  if ((result == -ENOENT || result == -ENOTDIR || result == -ECONNREFUSED) && !outside && wildcard_name(n, &name, &un))
    result = stream_connect_name(fd, n, &un);
  if (result < 0) result = connect_error(n, result);
  if (result == -ECONNREFUSED && nameserver_is_at(n, a)) result = nameserver_connect(fd, s);
  if (capture_is_on(s)) capture_connected(fd, s, result);
  if (result < 0) {
    if (s->info.peerPort) forget_peer(s);
    return result;
  }
  sock_begin(s);
  if (s->info.flags & FLAG_anyBound) {
    struct address local = address_of_host(&n->world, n->world.host, !address_is_v4(a), address_is_loopback(a));
    local.port = s->info.localPort;
    sock_set_local(s, &local);
  }
  sock_set_peer(s, a);
  s->info.state = STATE_connected;
  sock_end(s);
  return 0;
}

int connect_address(int fd, const struct sockaddr *to, socklen_t length) {
  struct sock *s = table_find_checked(fd);
  if (!s) return (int)REAL(libc.connect(fd, to, length));
  sock_refresh(s);
  if (length > sizeof(struct sockaddr_storage)) return -EINVAL;
  if (!to) return -EFAULT;
  if (length < sizeof to->sa_family) return -EINVAL;
  bool stream = s->info.type == SOCK_STREAM;
  struct address a;
  if (to->sa_family != AF_UNSPEC) {
    bool plain = !stream && s->info.family == AF_INET6 && to->sa_family == AF_INET; /* as datagram_connect takes it */
    int result = address_read(to, length, plain ? AF_INET : s->info.family, &a);
    if (result < 0 && stream) return result;
    if (result == 0 && network_passes_through(s->network, &a)) {
      result = endpoint_leave(fd, s);
      return result < 0 ? result : (int)REAL(libc.connect(fd, to, length));
    }
  } else if (stream) {
    return stream_disconnect(fd, s);
  }
  if (!stream) return (int)datagram_connect(fd, s, to, length);
  int result = stream_connect_again(fd, s);
  if (result != 1) return result;
  s = table_find(fd); /* it may be another one now */
  if (!s) return -EBADF;
  result = connect_stream(fd, s, &a);
  endpoint_record(fd, s, OP_connect, result, 0);
  return stream_connect_answer(fd, s, result);
}

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG to, socklen_t length) {
  if (!table_entry(fd)) return libc.connect(fd, to, length);
  return (int)shim_leave(connect_address(fd, SOCKADDR(to), length));
}

static int tell(const struct sock *s, const struct address *a, struct sockaddr *out, socklen_t *length) {
  if (!length || (!out && *length)) return -EFAULT;
  if ((int)*length < 0) return -EINVAL;
  address_write(a, s->info.family, out, length);
  return 0;
}

EXPORT int getsockname(int fd, __SOCKADDR_ARG out, socklen_t *length) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.getsockname(fd, out, length);
  sock_refresh(s);
  struct wire_info info;
  sock_read(s, &info);
  struct address a = info_local(&info);
  /* By a disconnect, or over a refusal. */
  bool kept =
      info.type == SOCK_DGRAM ? !a.port && !address_is_any(&a) : (info.flags & (FLAG_chosenPort | FLAG_autobound)) == FLAG_chosenPort;
  if (info.state == STATE_open && !kept && !(atomic_load(&s->edge) & EDGE_REFUSED)) {
    a = address_any(info.family);
    a.port = info.localPort; /* that of a connect which was refused */
  }
  return (int)shim_leave(tell(s, &a, SOCKADDR(out), length));
}

EXPORT int getpeername(int fd, __SOCKADDR_ARG out, socklen_t *length) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.getpeername(fd, out, length);
  sock_refresh(s);
  struct wire_info info;
  sock_read(s, &info);
  if (info.state != STATE_connected || !info.peerPort || (info.type == SOCK_STREAM && stream_state(fd, s) == TCP_CLOSE))
    return (int)shim_leave(-ENOTCONN);
  struct address a = info_peer(&info);
  return (int)shim_leave(tell(s, &a, SOCKADDR(out), length));
}
