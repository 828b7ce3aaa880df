/* SPDX-License-Identifier: MIT
 * The sender's side of UDP: where a datagram goes, and what the sender hears of it. */
#include "datagram_control.h"
#include "datagram_cork.h"
#include "datagram_many.h"
#include "datagram_rival.h"
#include "datagram_transmit.h"

#include <errno.h>
#include <string.h>

#include "capture.h"
#include "endpoint.h"
#include "enter.h"
#include "error_queue.h"
#include "interface.h"
#include "kernel.h"
#include "libc.h"
#include "message.h"
#include "multicast.h"
#include "nameserver.h"
#include "option_local.h"

/* SEGMENTS_MAX: UDP_MAX_SEGMENTS of Linux 6.9 and later. */
enum { V4_SIZE_MAX = 65507, V6_SIZE_MAX = 65527, SEGMENTS_MAX = 128, PARTS = 64 };

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
  if (!group && (kernel_getsockopt(fd, SOL_SOCKET, SO_BROADCAST, &allowed, &length) < 0 || !allowed)) return -EACCES;
  if (!group && !s->network->arena) {
    datagram_to_hosts(fd, s, p);
    return (long)p->size;
  }
  struct courier_label label;
  int result = p->label ? 0 : datagram_label(fd, s, p->to, &label);
  if (result < 0) return result;
  if (p->label) label = *p->label;
  u32 interface = group ? interface_to(s, info, p->to, message) : address_is_loopback(p->to) ? INTERFACE_LO : INTERFACE_ETH0;
  datagram_send_many(fd, s, info, &(struct datagram_target){p->to, interface, &label}, &p->message, p->size);
  if (capture_is_on(s)) capture_datagram_lost(s, p->capture, false);
  return (long)p->size;
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
  struct address local = info_local(info);
  int result = datagram_find_way(s->network, info, to);
  if (result < 0) return result;
  if (address_is_broadcast(world, to) || address_is_multicast(to)) return 0;
  struct name name;
  if (name_of_address(world, to, SOCK_DGRAM, &name) < 0) return nameserver_is_at(s->network, to) ? 0 : -ENETUNREACH;
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

/* Where the message says it goes, and how; `to` is the peer's address. */
static int destination_of(const struct sock *s, const struct wire_info *info, const struct msghdr *message, int flags, struct address *to,
                          struct datagram_said *said) {
  bool named = message->msg_name && message->msg_namelen;
  /* udpv6_sendmsg does not look at MSG_OOB, and takes no family for no name. */
  if ((flags & MSG_OOB) && info->family == AF_INET) return -EOPNOTSUPP;
  if (named && info->family == AF_INET6 && ((struct sockaddr *)message->msg_name)->sa_family == AF_UNSPEC) named = false;
  if (!named && info->state != STATE_connected) return -EDESTADDRREQ;
  if (!named && !to->port && info->family == AF_INET6 && address_is_v4(to)) return -EINVAL; /* udpv6_sendmsg names it to udp_sendmsg */
  int result = named ? read_destination(message->msg_name, message->msg_namelen, info, to) : 0;
  return result < 0 ? result : datagram_read_control(s, message, address_is_v4(to) ? AF_INET : AF_INET6, said);
}

/* inet_send_prepare chooses a port before anything is looked at. */
static int choose_port(int fd, struct sock *s, const struct wire_info *info) {
  if (info->state != STATE_open) return 0;
  int result = endpoint_autobind(fd, s, NULL);
  if (result == 0 && atomic_load(&s->registered)) endpoint_publish(fd, s);
  return result;
}

static size_t most_bytes(const struct address *to) { return address_is_v4(to) ? V4_SIZE_MAX : V6_SIZE_MAX; }

long datagram_check(int fd, struct sock *s, const struct msghdr *message, int flags) {
  struct wire_info info;
  struct datagram_said said;
  sock_refresh(s);
  sock_read(s, &info);
  struct address to = info_peer(&info);
  int result = destination_of(s, &info, message, flags, &to, &said);
  if (result == 0 && !network_passes_through(s->network, &to)) result = route(s, &info, &to);
  int bound = choose_port(fd, s, &info);
  return bound < 0 ? bound : result < 0 ? result : (long)most_bytes(&to);
}

/* __udp4_lib_err looks for the socket whose peer the datagram went to; one of no port is any. */
static bool is_to_peer(const struct wire_info *info, const struct address *to) {
  struct address peer = info_peer(info);
  if (!peer.port) peer.port = to->port;
  return info->state == STATE_connected && memcmp(&peer, to, sizeof peer) == 0;
}

/* One datagram. */
static long deliver(int fd, struct sock *s, const struct wire_info *info, struct parcel *p, const struct msghdr *message, bool to_peer) {
  if (address_is_broadcast(&s->network->world, p->to) || address_is_multicast(p->to)) return send_to_many(fd, s, info, p, message);
  long sent = to_peer ? datagram_to_peer(fd, s, p) : datagram_to_name(fd, s, p);
  if (sent >= 0 || sent == -EAGAIN) return sent;
  if (capture_is_on(s) && (sent == -EPERM || datagram_is_nobody(sent))) capture_datagram_lost(s, p->capture, sent != -EPERM);
  if (sent == -EPERM) return (long)p->size; /* connected to somebody else, so it does not want ours */
  bool served = nameserver_is_at(s->network, p->to);
  if (served && (datagram_is_nobody(sent) || sent == -ENETUNREACH)) return nameserver_datagram(fd, s->network, message, p->to, p->size);
  if (!datagram_is_nobody(sent)) return sent;
  bool kept = option_local_keeps_errors(s, !address_is_v4(p->to));
  if (kept) error_queue_add(s, p->to, message);
  if (kept || is_to_peer(info, p->to)) datagram_report_refused(fd, s);
  return (long)p->size;
}

/* The parts of the vectors from `offset` on, `size` bytes; false when they are too many. */
static bool slice(const struct msghdr *message, size_t offset, size_t size, struct msghdr *out) {
  out->msg_iovlen = 0;
  for (size_t i = 0; i < message->msg_iovlen && size; i++) {
    struct iovec part = message->msg_iov[i];
    if (offset >= part.iov_len) {
      offset -= part.iov_len;
      continue;
    }
    part.iov_base = (uint8_t *)part.iov_base + offset;
    part.iov_len -= offset;
    if (part.iov_len > size) part.iov_len = size;
    if (out->msg_iovlen == PARTS) return false;
    out->msg_iov[out->msg_iovlen++] = part;
    size -= part.iov_len;
    offset = 0;
  }
  return true;
}

/* UDP_SEGMENT: what the receivers get of one send that a network card would cut up. */
static long deliver_segments(int fd, struct sock *s, const struct wire_info *info, struct parcel *p, const struct msghdr *message,
                             bool to_peer, size_t segment) {
  if (p->size > segment * SEGMENTS_MAX) return -EINVAL;
  for (size_t offset = 0; offset < p->size; offset += segment) {
    struct iovec parts[PARTS];
    struct msghdr piece = *message;
    struct parcel one = *p;
    one.size = p->size - offset < segment ? p->size - offset : segment;
    piece.msg_iov = parts;
    if (!slice(message, offset, one.size, &piece)) return -EMSGSIZE;
    one.message.msg_iov = parts;
    one.message.msg_iovlen = piece.msg_iovlen;
    one.capture = &(struct capture_datagram){.to = p->to, .message = &piece};
    long sent = deliver(fd, s, info, &one, &piece, to_peer);
    if (sent < 0 && offset == 0) return sent;
    if (s->info.pendingError) break; /* nobody is there */
  }
  return (long)p->size;
}

long datagram_send(int fd, struct sock *s, const struct msghdr *message, int flags) {
  bool more = (flags & MSG_MORE) || option_local_corks(s);
  if (!more && !datagram_is_corked(s)) return datagram_send_whole(fd, s, message, flags);
  int error = datagram_take_error(fd, s);
  return error < 0 ? error : datagram_cork(fd, s, message, flags, more);
}

long datagram_send_whole(int fd, struct sock *s, const struct msghdr *message, int flags) {
  struct wire_info info;
  sock_refresh(s);
  sock_read(s, &info);
  struct address peer = info_peer(&info), to = peer;
  struct datagram_said said;
  struct courier_label label;
  struct parcel parcel = {.message = *message, .to = &to, .flags = flags & ~(MSG_OOB | MSG_MORE), .size = message_size(message)};
  if (parcel.size > 0xffff) return -EMSGSIZE;
  int result = destination_of(s, &info, message, flags, &to, &said);
  if (result == 0 && network_passes_through(s->network, &to)) return send_elsewhere(fd, s, &info, message, flags);
  bool to_peer = info.state == STATE_connected && memcmp(&peer, &to, sizeof peer) == 0;
  if (result == 0) result = route(s, &info, &to);
  if (result == 0 && parcel.size > most_bytes(&to)) result = -EMSGSIZE;
  int bound = choose_port(fd, s, &info);
  if (bound < 0 || result < 0) return bound < 0 ? bound : result;
  result = datagram_take_error(fd, s); /* sock_alloc_send_skb */
  if (result < 0) return result;
  note_own_host(s, &to);
  if (message->msg_controllen && datagram_needs_label(fd, s, &info, &to, &said, &label)) {
    parcel.label = &label;
    parcel.is_sent_as = label.near == NEAR_LOOPBACK;
    to_peer = to_peer && !parcel.is_sent_as;
  }
  parcel.message.msg_name = NULL;
  parcel.message.msg_control = NULL;
  parcel.message.msg_namelen = 0;
  parcel.message.msg_controllen = 0;
  parcel.capture = &(struct capture_datagram){.to = &to, .message = message};
  size_t segment = said.segment >= 0 ? (size_t)said.segment : option_local_segment(s);
  if (segment && parcel.size > segment) return deliver_segments(fd, s, &info, &parcel, message, to_peer, segment);
  return deliver(fd, s, &info, &parcel, message, to_peer);
}
