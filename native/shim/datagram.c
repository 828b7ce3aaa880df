/* SPDX-License-Identifier: MIT
 * The sender's side of UDP. A unix datagram socket tells the sender whether the receiver is there and has room; UDP never does. */
#include "datagram_control.h"
#include "datagram_many.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "arena.h"
#include "capture.h"
#include "endpoint.h"
#include "enter.h"
#include "interface.h"
#include "kernel.h"
#include "libc.h"
#include "message.h"
#include "multicast.h"
#include "nameserver.h"
#include "spill.h"
#include "table.h"

/* Nanoseconds, but for PATIENCE_MS. */
enum { PATIENCE_MS = 50, STEP_FIRST = 20000, STEP_LAST = 5000000, V4_SIZE_MAX = 65507, V6_SIZE_MAX = 65527 };

/* What does not fit the receiver's queue spills (spill.h). Only where nobody would look for it, in a plain wrapper toward another process, the
 * sender waits a little for the receiver, once per stall, then drops and reports success, as UDP would. A non-blocking sender hears EAGAIN
 * meanwhile: libuv and asyncio then wait for POLLOUT and lose nothing, and the same 50 ms keep them from turning for ever over a dead receiver. */
static u32 now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (u32)((u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000);
}

static u32 destination_hash(const struct address *to) {
  u32 hash = 2166136261u;
  for (int i = 0; i < 16; i++) hash = (hash ^ to->bytes[i]) * 16777619u;
  hash = (hash ^ to->port) * 16777619u;
  return hash | 1;
}

/* Milliseconds that the stall toward `to` may still last. */
static u32 patience_left(struct sock *s, const struct address *to) {
  u32 hash = destination_hash(to), now = now_ms();
  u64 full = atomic_load_explicit(&s->full, memory_order_relaxed);
  if (full >> 32 != hash) {
    atomic_store_explicit(&s->full, (u64)hash << 32 | now, memory_order_relaxed);
    return PATIENCE_MS;
  }
  u32 waited = now - (u32)full;
  return waited < PATIENCE_MS ? PATIENCE_MS - waited : 0;
}

static void end_stall(struct sock *s, const struct address *to) {
  u64 full = atomic_load_explicit(&s->full, memory_order_relaxed);
  if (full && full >> 32 == destination_hash(to)) atomic_store_explicit(&s->full, 0, memory_order_relaxed);
}

static bool is_nonblocking(int fd, int flags) { return (flags & MSG_DONTWAIT) || (REAL(libc.fcntl(fd, F_GETFL)) & O_NONBLOCK); }

/* One datagram, in the kernel's terms. */
struct parcel {
  struct msghdr message; /* addressed to a unix name, or to none when the kernel knows the peer */
  const struct address *to;
  int flags;
  size_t size;
  struct capture_datagram *capture;
};

static long attempt(int fd, struct sock *s, const struct parcel *p) {
  int flags = p->flags | MSG_DONTWAIT | MSG_NOSIGNAL;
  if (capture_is_on(s)) return capture_datagram_send(fd, s, p->capture, &p->message, flags);
  return REAL(libc.sendmsg(fd, &p->message, flags));
}

static int datagram_label(int fd, struct sock *s, const struct address *to, struct courier_label *out) {
  struct sockaddr_un own;
  socklen_t length = sizeof own;
  *out = (struct courier_label){.hops = datagram_hops(&s->info, !address_is_v4(to)),
                                .traffic = datagram_traffic(&s->info, !address_is_v4(to))};
  int result = (int)REAL(libc.getsockname(fd, (struct sockaddr *)&own, &length));
  return result < 0 ? result : name_read(&s->network->world, &own, length, &out->source);
}

/* -EAGAIN and -ENOENT: not there. */
static long spill(int fd, struct sock *s, const struct parcel *p, bool full) {
  struct sockaddr_un un;
  if (p->message.msg_name) {
    memcpy(&un, p->message.msg_name, sizeof un);
  } else {
    struct name name;
    if (name_of_address(&s->network->world, p->to, SOCK_DGRAM, &name) < 0) return -ENOENT;
    name_write(&s->network->world, &name, &un);
  }
  struct courier_label label;
  int named = datagram_label(fd, s, p->to, &label);
  if (named < 0) return named;
  long result = spill_send(s->network, &label, &un, &p->message, p->size, full);
  if (result >= 0 && capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return result;
}

static long transmit(int fd, struct sock *s, const struct parcel *p) {
  long result = spill_any(s) ? spill(fd, s, p, false) : -ENOENT;
  if (result != -ENOENT) return result;
  result = attempt(fd, s, p);
  if (result == -ECONNRESET) result = attempt(fd, s, p);
  if (result == -EAGAIN) {
    result = spill(fd, s, p, true);
    if (result == -ENOENT) result = -EAGAIN;
  }
  if (result != -EAGAIN) {
    end_stall(s, p->to);
    return result;
  }
  bool impatient = is_nonblocking(fd, p->flags);
  long step = STEP_FIRST;
  u32 left;
  while ((left = patience_left(s, p->to)) > 0) {
    if (impatient) return -EAGAIN;
    struct timespec pause = {.tv_nsec = step};
    ppoll(NULL, 0, &pause, NULL);
    if (step < STEP_LAST) step *= 2;
    result = attempt(fd, s, p);
    if (result == -EAGAIN) continue;
    end_stall(s, p->to);
    return result;
  }
  if (capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return (long)p->size;
}

static bool is_nobody(long result) { return result == -ENOENT || result == -ENOTDIR || result == -ECONNREFUSED || result == -EPROTOTYPE; }

int datagram_take_error(int fd, struct sock *s) {
  if (!s->info.pendingError) return 0;
  sock_begin(s);
  int error = s->info.pendingError;
  s->info.pendingError = 0;
  sock_end(s);
  int kernel = 0;
  socklen_t length = sizeof kernel;
  (void)REAL(libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, &kernel, &length));
  return -error;
}

/* A unix datagram socket has an error of its own in one case: its peer turned away and left something unread. So a peer is made that does. */
static void raise_error(int fd) {
  static const struct sockaddr unnamed = {.sa_family = AF_UNIX}, none = {.sa_family = AF_UNSPEC};
  struct sockaddr_un own, other;
  socklen_t own_length = sizeof own, other_length = sizeof other;
  int peer = (int)REAL(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (peer < 0) return;
  if (REAL(libc.bind(peer, &unnamed, sizeof unnamed.sa_family)) == 0 &&
      REAL(libc.getsockname(peer, (struct sockaddr *)&other, &other_length)) == 0 &&
      REAL(libc.getsockname(fd, (struct sockaddr *)&own, &own_length)) == 0 &&
      REAL(libc.connect(fd, (struct sockaddr *)&other, other_length)) == 0) {
    (void)REAL(libc.send(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL));
    if (REAL(libc.connect(peer, (struct sockaddr *)&own, own_length)) == 0) (void)REAL(libc.connect(peer, &none, sizeof none));
    (void)REAL(libc.connect(fd, &none, sizeof none));
  }
  kernel_close(peer);
}

void datagram_report_refused(int fd, struct sock *s) {
  sock_begin(s);
  s->info.pendingError = ECONNREFUSED;
  sock_end(s);
  atomic_store_explicit(&s->filters, true, memory_order_relaxed);
  raise_error(fd);
}

static bool is_me(const struct sock *s, const struct wire_info *me, const struct wire_info *other) {
  const struct name_world *world = &s->network->world;
  struct address peer = info_peer(other), local = info_local(me), own;
  if (other->state != STATE_connected || peer.port != local.port) return false;
  if (memcmp(peer.bytes, local.bytes, sizeof peer.bytes) == 0) return true;
  own = address_of_host(world, world->host, !address_is_v4(&peer), false);
  return address_is_any(&local) &&
         (address_is_loopback(&peer) ? other->host == world->host : memcmp(peer.bytes, own.bytes, sizeof own.bytes) == 0);
}

struct rival {
  const struct sock *sender;
  struct wire_info me;
  u16 port;
  u32 host;
  struct sockaddr_un *name;
  bool found;
};

static void try_rival(struct rival *r, const struct wire_info *other) {
  socklen_t length;
  if (r->found || other->localPort != r->port || other->host != r->host || other->cookie == r->me.cookie) return;
  r->found = is_me(r->sender, &r->me, other) && endpoint_name(r->sender->network, other, r->name, &length);
}

static void try_own(int fd, struct sock *s, void *context) {
  struct wire_info info;
  (void)fd;
  sock_read(s, &info);
  if (info.type == SOCK_DGRAM) try_rival(context, &info);
}

/* Of several sockets on one address, the one that is connected to this sender (compute_score of the kernel's udp.c). Writes its name to `out`. */
static void prefer_connected(const struct sock *s, const struct address *to, const struct name *name, struct sockaddr_un *out) {
  struct network *n = s->network;
  if (n->arena ? !arena_crowded(n->arena) : !atomic_load_explicit(&n->own_crowded, memory_order_relaxed)) return;
  struct rival r = {.sender = s, .port = to->port, .host = name->loopback ? name->host : name->interface, .name = out};
  struct wire_info one;
  sock_read(s, &r.me);
  if (!n->arena) table_each(try_own, &r);
  for (u32 at = 0; n->arena && !r.found && arena_socket_next(n->arena, &at, SOCK_DGRAM, to->port, &one);) try_rival(&r, &one);
}

static long send_to_name(int fd, struct sock *s, struct parcel *p) {
  struct name name;
  struct sockaddr_un un;
  if (name_of_address(&s->network->world, p->to, SOCK_DGRAM, &name) < 0) return -ENETUNREACH;
  name_write(&s->network->world, &name, &un);
  p->message.msg_namelen = sizeof un;
  p->message.msg_name = &un;
  prefer_connected(s, p->to, &name, &un);
  long result = transmit(fd, s, p);
  if (result != -ENOENT || !datagram_other_name(s, p->to, &name)) return result;
  p->message.msg_namelen = name_write(&s->network->world, &name, &un);
  return transmit(fd, s, p);
}

/* In a plain wrapper: to every host that has the port, as the reference does; the errors of single hosts are nobody's. */
static void send_to_hosts(int fd, struct sock *s, const struct parcel *p) {
  for (u32 host = 1; host <= HOST_MAX; host++) {
    struct address one = address_of_host(&s->network->world, host, false, false);
    one.port = p->to->port;
    struct parcel copy = *p;
    copy.to = &one;
    (void)send_to_name(fd, s, &copy);
  }
}

/* By IP_PKTINFO, the scope of the address, or the socket's option. */
static u32 interface_to(const struct sock *s, const struct wire_info *info, const struct address *to, const struct msghdr *message) {
  u32 said = message->msg_controllen ? datagram_control_interface(message) : 0;
  struct sockaddr_in6 in6;
  if (!said && message->msg_name && message->msg_namelen >= sizeof in6 && !address_is_v4(to)) {
    memcpy(&in6, message->msg_name, sizeof in6);
    said = in6.sin6_scope_id;
  }
  if (!s->network->arena || !said) return multicast_interface(s, info, !address_is_v4(to));
  return said;
}

static long send_to_many(int fd, struct sock *s, const struct wire_info *info, struct parcel *p, const struct msghdr *message) {
  bool group = address_is_multicast(p->to);
  int allowed = 0;
  socklen_t length = sizeof allowed;
  if (!group && (REAL(libc.getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &allowed, &length)) < 0 || !allowed)) return -EACCES;
  if (!group && !s->network->arena) {
    send_to_hosts(fd, s, p);
    return (long)p->size;
  }
  struct courier_label label;
  int result = datagram_label(fd, s, p->to, &label);
  if (result < 0) return result;
  u32 interface = group ? interface_to(s, info, p->to, message) : INTERFACE_ETH0;
  datagram_send_many(fd, s, info, &(struct datagram_target){p->to, interface, &label}, &p->message, p->size);
  if (capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return (long)p->size;
}

/* The kernel mostly knows the peer. When it does not, the peer was not there at connect, or has been restarted since. */
static long send_to_peer(int fd, struct sock *s, struct parcel *p) {
  long result = transmit(fd, s, p);
  if (result != -ECONNREFUSED && result != -ENOTCONN && result != -EPIPE) return result;
  int again = datagram_connect_name(fd, s, p->to);
  return again < 0 ? again : transmit(fd, s, p);
}

/* A destination as a datagram socket of `family` takes it: udp_sendmsg lets AF_UNSPEC pass for AF_INET, udpv6_sendmsg takes AF_INET too. */
static int read_destination(const struct sockaddr *name, socklen_t length, const struct wire_info *info, struct address *out) {
  struct sockaddr_in in;
  int family = info->family;
  if (length < sizeof name->sa_family) return -EINVAL;
  if (family == AF_INET6 && name->sa_family == AF_INET) family = AF_INET;
  if (family == AF_INET6 && name->sa_family != AF_INET6) return -EINVAL;
  if (family == AF_INET && name->sa_family == AF_UNSPEC && length >= sizeof in) {
    memcpy(&in, name, sizeof in);
    in.sin_family = AF_INET;
    name = (const struct sockaddr *)&in;
  }
  int result = address_read(name, length, family, out);
  if (result < 0) return result;
  return out->port ? 0 : -EINVAL;
}

/* Where it goes in the end; false when it can go nowhere. */
static int route(const struct sock *s, const struct wire_info *info, struct address *to) {
  const struct name_world *world = &s->network->world;
  if (address_is_v4(to) && info->family == AF_INET6 && !(info->flags & FLAG_dualStack)) return -ENETUNREACH;
  if (address_is_any(to)) { /* the kernel sends to the loopback instead */
    u16 port = to->port;
    *to = address_of_host(world, world->host, !address_is_v4(to), true);
    to->port = port;
  }
  if (address_is_broadcast(world, to) || address_is_multicast(to)) return 0;
  struct name name;
  if (name_of_address(world, to, SOCK_DGRAM, &name) < 0) return nameserver_is_at(s->network, to) ? 0 : -ENETUNREACH;
  struct address local = info_local(info);
  bool near = name.loopback || name.interface == world->host;
  /* ip_route_output: a packet from 127.0.0.1 does not leave the host. */
  return !near && world->ten && info->state != STATE_open && address_is_loopback(&local) ? -EINVAL : 0;
}

/* Answers from the own host are shown with the address that was asked. */
static void note_own_host(struct sock *s, const struct address *to) {
  const struct name_world *world = &s->network->world;
  bool loopback = address_is_loopback(to);
  struct address own = address_of_host(world, world->host, !address_is_v4(to), false);
  own.port = to->port;
  if (loopback || memcmp(&own, to, sizeof own) == 0) atomic_store_explicit(&s->sent_to_own_address, !loopback, memory_order_relaxed);
}

static long send_elsewhere(int fd, struct sock *s, const struct wire_info *info, const struct msghdr *message, int flags) {
  if (info->state != STATE_open) return -ENETUNREACH;
  int result = endpoint_leave(fd, s);
  return result < 0 ? result : REAL(libc.sendmsg(fd, message, flags));
}

long datagram_send(int fd, struct sock *s, const struct msghdr *message, int flags) {
  struct wire_info info;
  sock_refresh(s);
  sock_read(s, &info);
  struct address to = info_peer(&info);
  bool connected = info.state == STATE_connected, to_peer = connected;
  int result = datagram_take_error(fd, s);
  if (result < 0) return result;
  struct parcel parcel = {.message = *message, .to = &to, .flags = flags & ~MSG_OOB, .size = message_size(message)};
  if (parcel.size > 0xffff) return -EMSGSIZE;
  if ((flags & MSG_OOB) && info.family == AF_INET) return -EOPNOTSUPP; /* udpv6_sendmsg does not look at it */
  if (message->msg_name && message->msg_namelen &&
      !(info.family == AF_INET6 && ((struct sockaddr *)message->msg_name)->sa_family == AF_UNSPEC)) {
    struct address given;
    result = read_destination(message->msg_name, message->msg_namelen, &info, &given);
    if (result < 0) return result;
    to_peer = connected && memcmp(&given, &to, sizeof given) == 0;
    to = given;
  } else if (!connected) {
    /* inet_send_prepare chooses a port before anything is looked at. */
    if (info.state == STATE_open) endpoint_autobind(fd, s, NULL);
    return -EDESTADDRREQ;
  }
  result = message->msg_controllen ? datagram_check_control(s, message, info.family) : 0;
  if (result < 0) return result;
  if (network_passes_through(s->network, &to)) return send_elsewhere(fd, s, &info, message, flags);
  result = route(s, &info, &to);
  if (result < 0) return result;
  if (parcel.size > (address_is_v4(&to) ? V4_SIZE_MAX : V6_SIZE_MAX)) return -EMSGSIZE;
  if (info.state == STATE_open) {
    result = endpoint_autobind(fd, s, NULL);
    if (result < 0) return result;
    if (atomic_load(&s->registered)) endpoint_publish(fd, s);
  }
  note_own_host(s, &to);
  parcel.message.msg_name = NULL;
  parcel.message.msg_control = NULL;
  parcel.message.msg_namelen = 0;
  parcel.message.msg_controllen = 0;
  parcel.capture = &(struct capture_datagram){.to = &to, .message = message};
  if (address_is_broadcast(&s->network->world, &to) || address_is_multicast(&to)) return send_to_many(fd, s, &info, &parcel, message);
  long sent = to_peer ? send_to_peer(fd, s, &parcel) : send_to_name(fd, s, &parcel);
  if (sent >= 0 || sent == -EAGAIN) return sent;
  if (capture_is_on(s) && (sent == -EPERM || is_nobody(sent))) capture_datagram_lost(s, parcel.capture, sent != -EPERM);
  if (sent == -EPERM) return (long)parcel.size; /* connected to somebody else, so it does not want ours */
  bool served = nameserver_is_at(s->network, &to);
  if (served && (is_nobody(sent) || sent == -ENETUNREACH)) return nameserver_datagram(fd, s->network, message, &to, parcel.size);
  if (!is_nobody(sent)) return sent;
  if (to_peer) datagram_report_refused(fd, s);
  return (long)parcel.size;
}
