/* SPDX-License-Identifier: MIT */
#include "datagram_transmit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "capture.h"
#include "datagram_control.h"
#include "datagram_rival.h"
#include "datagram_room.h"
#include "group.h"
#include "kernel_socket.h"
#include "root.h"
#include "spill.h"
#include "wildcard.h"

/* Nanoseconds, but for PATIENCE_MS. */
enum { PATIENCE_MS = 50, STEP_FIRST = 20000, STEP_LAST = 5000000 };

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

static bool is_nonblocking(int fd, int flags) { return (flags & MSG_DONTWAIT) || (kernel_fcntl(fd, F_GETFL, 0) & O_NONBLOCK); }

/* The receiver's name, also where only the kernel knows the peer. */
static int destination(int fd, const struct parcel *p, struct sockaddr_un *un) {
  struct sockaddr_un peer;
  socklen_t length = sizeof peer;
  if (p->message.msg_name) {
    memcpy(un, p->message.msg_name, sizeof *un);
    return 0;
  }
  if (kernel_getpeername(fd, &peer, &length) < 0 || !peer.sun_path[0]) return -ENOENT;
  *un = peer;
  if (peer.sun_path[0] != '/') strcpy(stpcpy(un->sun_path, "/"), peer.sun_path); /* bound from inside a chroot: root.h */
  peer = *un;
  group_file(&peer, 0, un->sun_path); /* the first of a group was bound to the plain name */
  return 0;
}

/* -EPERM: the receiver takes it from nobody else, or would not know who sent it. */
static long send_beside(int fd, struct sock *s, const struct parcel *p) {
  struct sockaddr_un un;
  struct courier_label label;
  if (!datagram_knows_receiver(s->network, p->to) || destination(fd, p, &un) < 0 || datagram_label(fd, s, p->to, &label) < 0) return -EPERM;
  long result = courier_send(s->network, &label, &un, &p->message);
  if (result >= 0 && capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return result;
}

static long attempt(int fd, struct sock *s, const struct parcel *p) {
  int flags = p->flags | MSG_DONTWAIT | MSG_NOSIGNAL;
  if (!p->label && datagram_room_ends(fd, s, p->size)) {
    long result = send_beside(fd, s, p);
    if (result != -EPERM) return result;
  }
  if (p->label) {
    long result = p->is_sent_as ? courier_send(s->network, p->label, p->message.msg_name, &p->message)
                                : courier_ride(s->network, p->label, fd, &p->message, flags);
    if (result >= 0 && capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
    return result;
  }
  if (capture_is_on(s)) return capture_datagram_send(fd, s, p->capture, &p->message, flags);
  return root_send(fd, &p->message, flags);
}

/* -EAGAIN and -ENOENT: not there. */
static long spill(int fd, struct sock *s, const struct parcel *p, bool full) {
  struct sockaddr_un un;
  struct courier_label label;
  int named = destination(fd, p, &un);
  if (named == 0 && !p->label) named = datagram_label(fd, s, p->to, &label);
  if (named < 0) return named;
  long result = spill_send(s->network, p->label ? p->label : &label, &un, &p->message, p->size, full);
  if (result >= 0 && capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return result;
}

long datagram_transmit(int fd, struct sock *s, const struct parcel *p) {
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
    kernel_nap(step);
    if (step < STEP_LAST) step *= 2;
    result = attempt(fd, s, p);
    if (result == -EAGAIN) continue;
    end_stall(s, p->to);
    return result;
  }
  if (capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return (long)p->size;
}

long datagram_by_courier(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to,
                         const struct msghdr *message, size_t size) {
  long result = spill_any_in(n) ? spill_send(n, label, to, message, size, false) : -ENOENT;
  if (result == -ENOENT) result = courier_send(n, label, to, message);
  return result == -EAGAIN ? spill_send(n, label, to, message, size, true) : result;
}

/* Only a label can tell the socket on the unspecified address which one of the loopback was meant. */
static long send_far(int fd, struct sock *s, const struct parcel *p, const struct sockaddr_un *un) {
  struct courier_label label;
  int named = p->label ? 0 : datagram_label(fd, s, p->to, &label);
  if (named < 0) return named;
  if (p->label) label = *p->label;
  label.to = *p->to;
  label.near = NEAR_LOOPBACK;
  long result = datagram_by_courier(s->network, &label, un, &p->message, p->size);
  if (result >= 0 && capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return result;
}

struct journey {
  int fd;
  struct sock *s;
  struct parcel *p;
  const struct name *name;
  const struct sockaddr_un *un;
};

static long go(void *context) {
  const struct journey *j = context;
  return name_is_far(j->name) && !wildcard_is_own(j->s->network, j->name, j->un) ? send_far(j->fd, j->s, j->p, j->un)
                                                                                 : datagram_transmit(j->fd, j->s, j->p);
}

long datagram_to_name(int fd, struct sock *s, struct parcel *p) {
  struct name name;
  struct sockaddr_un un;
  if (name_of_address(&s->network->world, p->to, SOCK_DGRAM, &name) < 0) return -ENETUNREACH;
  p->message.msg_namelen = sizeof un;
  p->message.msg_name = &un;
  long result = datagram_reach(s, p->to, &name, &un, go, &(struct journey){fd, s, p, &name, &un});
  if (datagram_is_nobody(result) && wildcard_name(s->network, &name, &un)) return send_far(fd, s, p, &un);
  if (result != -ENOENT || !datagram_other_name(s, p->to, &name)) return result;
  p->message.msg_namelen = name_write(&s->network->world, &name, &un);
  return datagram_transmit(fd, s, p);
}

void datagram_to_hosts(int fd, struct sock *s, const struct parcel *p) {
  for (u32 host = 1; host <= HOST_MAX; host++) {
    struct address one = address_of_host(&s->network->world, host, false, false);
    one.port = p->to->port;
    struct parcel copy = *p;
    copy.to = &one;
    (void)datagram_to_name(fd, s, &copy);
  }
}

/* The kernel mostly knows the peer. When it does not, the peer was not there at connect, or has been restarted since. */
long datagram_to_peer(int fd, struct sock *s, struct parcel *p) {
  if (datagram_is_crowded(s->network)) return datagram_to_name(fd, s, p); /* who hears may change */
  long result = datagram_transmit(fd, s, p);
  if (result != -ECONNREFUSED && result != -ENOTCONN && result != -EPIPE) return result;
  int again = datagram_connect_name(fd, s, p->to);
  if (again < 0) return address_is_loopback(p->to) ? datagram_to_name(fd, s, p) : again;
  return datagram_transmit(fd, s, p);
}
