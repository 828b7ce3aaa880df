/* SPDX-License-Identifier: MIT
 * The receiver's side of UDP: the sender's unix name becomes its address. */
#include <errno.h>
#include <string.h>

#include "datagram_control.h"
#include "error_queue.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "spill.h"
#include "wrap.h"

/* How a name of one's own host is shown where both addresses would be true. */
static bool sees_loopback(const struct sock *s, const struct wire_info *info) {
  struct address local = info_local(info), peer = info_peer(info);
  if (info->state == STATE_connected) return address_is_loopback(&peer);
  if (!address_is_any(&local)) return address_is_loopback(&local);
  return !atomic_load_explicit(&s->sent_to_own_address, memory_order_relaxed);
}

/* The unspecified address for a sender without a name, which is none of a shim: the datagram is delivered all the same. */
static void origin_of(struct sock *s, const struct wire_info *info, const struct sockaddr_un *un, socklen_t length,
                      struct datagram_origin *out) {
  const struct name_world *world = &s->network->world;
  struct address peer = info_peer(info);
  out->labelled = courier_read(world, un, length, &out->label);
  if (!out->labelled && name_read(world, un, length, &out->label.source) < 0) {
    if (name_read_outside(world, un, length, &out->from) < 0) out->from = address_any(info->family);
    out->named = false;
    return;
  }
  struct name *name = &out->label.source;
  out->named = true;
  /* A dual-stack sender has its IPv6 name in the kernel, whatever it sends. */
  bool v4 = info->family == AF_INET || (info->state == STATE_connected && address_is_v4(&peer));
  if (v4 && name->type == 'Y') name->type = 'U';
  if (name->loopback && name->host != world->host) {
    name->loopback = false;
    name->interface = name->host;
  }
  bool near = out->labelled && out->label.near ? out->label.near == NEAR_LOOPBACK : sees_loopback(s, info);
  name_to_address(world, name, near, &out->from);
  if (near && world->host != 1 && !name->loopback && name->interface == world->host)
    atomic_fetch_or_explicit(&s->near, 1ull << (name->port % 64), memory_order_relaxed);
}

static bool is_from_peer(const struct wire_info *info, const struct address *from) {
  struct address peer = info_peer(info);
  return memcmp(from, &peer, sizeof peer) == 0;
}

/* The label of a courier that came along (courier_ride). All descriptors are closed. */
static void meet_couriers(const struct sock *s, const struct msghdr *got, struct datagram_origin *origin) {
  struct control_item item;
  struct courier_label label;
  size_t offset = 0;
  while (control_next(got->msg_control, got->msg_controllen, &offset, &item) > 0)
    for (size_t at = 0; control_is_descriptors(&item) && at + sizeof(int) <= item.size; at += sizeof(int)) {
      int fd;
      memcpy(&fd, item.data + at, sizeof fd);
      if (origin && courier_met(&s->network->world, fd, &label)) {
        label.source = origin->label.source;
        origin->label = label;
        origin->labelled = true;
      }
      kernel_close(fd);
    }
}

/* The kernel's own control data first (timestamps), as udp_recvmsg has it, then the packet's. */
static void finish_control(struct sock *s, const struct wire_info *info, const struct datagram_origin *origin, const struct msghdr *got,
                           struct msghdr *message) {
  struct control_writer writer = {.at = message->msg_control, .room = message->msg_control ? message->msg_controllen : 0};
  struct control_item item;
  size_t offset = 0, room = writer.room;
  while (control_next(got->msg_control, got->msg_controllen, &offset, &item) > 0)
    if (!control_is_unix(&item)) control_put(&writer, item.head.cmsg_level, item.head.cmsg_type, item.data, item.size);
  if (origin) datagram_put_control(s, info, origin, &writer);
  message->msg_flags = got->msg_flags | writer.flags;
  message->msg_controllen = room - writer.room;
}

/* One datagram from the kernel. What has spilled moves up. */
static long take(int fd, struct sock *s, struct msghdr *message, int flags) {
  flags |= MSG_CMSG_CLOEXEC;
  long result = wrap_recvmsg(fd, message, flags);
  if (!spill_any(s)) return result;
  if (result >= 0 && !(flags & MSG_PEEK)) spill_refill(s, false);
  if (result == -EAGAIN && spill_refill(s, true)) result = wrap_recvmsg(fd, message, flags);
  return result;
}

long datagram_receive(int fd, struct sock *s, struct msghdr *message, int flags) {
  if (flags & MSG_ERRQUEUE) return datagram_take_refused(fd, s, message);
  struct wire_info info;
  sock_refresh(s);
  sock_read(s, &info);
  int error = datagram_take_error(fd, s);
  if (error < 0) return error;
  bool connected = info.state == STATE_connected;
  bool asked = message->msg_control && datagram_wants_control(s, &info), named = connected || message->msg_name || asked, raise = false;
  for (;;) {
    /* The kernel's times, and one descriptor. */
    _Alignas(struct cmsghdr) uint8_t control[512];
    struct sockaddr_un un;
    struct msghdr copy = *message;
    copy.msg_name = named ? &un : NULL;
    copy.msg_namelen = named ? sizeof un : 0;
    copy.msg_control = control;
    copy.msg_controllen = sizeof control;
    long result = take(fd, s, &copy, flags);
    if (result == -ECONNRESET) { /* a peer of ours turned to somebody else, unless it tells an error of ours */
      error = datagram_take_error(fd, s);
      if (error < 0) return error;
      raise = error_queue_waits(s);
      continue;
    }
    if (raise) datagram_raise_error(fd);
    if (result < 0) return result;
    if (!(flags & MSG_CMSG_CLOEXEC)) copy.msg_flags &= ~MSG_CMSG_CLOEXEC;
    struct datagram_origin origin;
    if (named) origin_of(s, &info, &un, copy.msg_namelen, &origin);
    if (copy.msg_controllen) meet_couriers(s, &copy, asked ? &origin : NULL);
    if (connected && atomic_load_explicit(&s->filters, memory_order_relaxed) && !is_from_peer(&info, &origin.from)) {
      if (flags & MSG_PEEK) (void)kernel_recv(fd, NULL, 0, MSG_DONTWAIT);
      continue;
    }
    if (message->msg_name) address_write(&origin.from, info.family, message->msg_name, &message->msg_namelen);
    finish_control(s, &info, asked ? &origin : NULL, &copy, message);
    return result;
  }
}
