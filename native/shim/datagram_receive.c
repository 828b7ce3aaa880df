/* SPDX-License-Identifier: MIT
 * The receiver's side of UDP: the sender's unix name becomes its address. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "control.h"
#include "datagram.h"
#include "enter.h"
#include "interface.h"
#include "libc.h"
#include "message.h"
#include "spill.h"

static bool option_on(const struct wire_info *info, enum wire_option option) {
  return (info->optionMask & 1u << option) && info->options[option];
}

/* How a name of one's own host is shown where both addresses would be true. */
static bool sees_loopback(const struct sock *s, const struct wire_info *info) {
  struct address local = info_local(info), peer = info_peer(info);
  if (info->state == STATE_connected) return address_is_loopback(&peer);
  if (!address_is_any(&local)) return address_is_loopback(&local);
  return !atomic_load_explicit(&s->sent_to_own_address, memory_order_relaxed);
}

/* The unspecified address for a sender without a name, which is none of a shim: the datagram is delivered all the same. */
static struct address source_of(struct sock *s, const struct wire_info *info, const struct sockaddr_un *un, socklen_t length) {
  const struct name_world *world = &s->network->world;
  struct address out, peer = info_peer(info);
  struct name name;
  if (name_read(world, un, length, &name) < 0) return name_read_outside(world, un, length, &out) == 0 ? out : address_any(info->family);
  /* A dual-stack sender has its IPv6 name in the kernel, whatever it sends. */
  bool v4 = info->family == AF_INET || (info->state == STATE_connected && address_is_v4(&peer));
  if (v4 && name.type == 'Y') name.type = 'U';
  if (name.loopback && name.host != world->host) {
    name.loopback = false;
    name.interface = name.host;
  }
  bool near = sees_loopback(s, info);
  name_to_address(world, &name, near, &out);
  if (near && world->host != 1 && !name.loopback && name.interface == world->host)
    atomic_fetch_or_explicit(&s->near, 1ull << (name.port % 64), memory_order_relaxed);
  return out;
}

static bool is_from_peer(const struct wire_info *info, const struct address *from) {
  struct address peer = info_peer(info);
  return memcmp(from, &peer, sizeof peer) == 0;
}

/* The destination is always an address of the own host: the bound one, or the one that belongs to the sender's. */
static void put_packet_info(const struct sock *s, const struct wire_info *info, const struct address *from, struct control_writer *writer) {
  const struct name_world *world = &s->network->world;
  struct address to = info_local(info);
  bool v4 = address_is_v4(from);
  if (address_is_any(&to)) to = address_of_host(world, world->host, !v4, address_is_loopback(from));
  /* A plain wrapper shows the number of the address, as the reference does. */
  u32 interface = s->network->arena ? interface_of_address(&to) : world->host;
  if (option_on(info, OPTION_packetInfo) && v4) {
    struct in_pktinfo packet = {.ipi_ifindex = (int)interface};
    memcpy(&packet.ipi_addr, to.bytes + 12, sizeof packet.ipi_addr);
    packet.ipi_spec_dst = packet.ipi_addr;
    control_put(writer, IPPROTO_IP, IP_PKTINFO, &packet, sizeof packet);
  }
  if (option_on(info, OPTION_receivePacketInfo) && info->family == AF_INET6) {
    struct in6_pktinfo packet = {.ipi6_ifindex = interface};
    memcpy(&packet.ipi6_addr, to.bytes, sizeof packet.ipi6_addr);
    control_put(writer, IPPROTO_IPV6, IPV6_PKTINFO, &packet, sizeof packet);
  }
}

/* The kernel's own control data first (timestamps), as udp_recvmsg has it, then the packet's. */
static void finish_control(const struct sock *s, const struct wire_info *info, const struct address *from, const struct msghdr *got,
                           struct msghdr *message) {
  size_t used = message_keep_inet(got->msg_control, got->msg_controllen);
  message->msg_flags = got->msg_flags;
  if (from && message->msg_control) {
    struct control_writer writer = {.at = (uint8_t *)message->msg_control + used, .room = message->msg_controllen - used};
    put_packet_info(s, info, from, &writer);
    message->msg_flags |= writer.flags;
    used = message->msg_controllen - writer.room;
  }
  message->msg_controllen = used;
}

/* One datagram from the kernel. What has spilled moves up. */
static long take(int fd, struct sock *s, struct msghdr *message, int flags) {
  long result = REAL(libc.recvmsg(fd, message, flags));
  if (!spill_any(s)) return result;
  if (result >= 0 && !(flags & MSG_PEEK)) spill_refill(fd, s, false);
  if (result == -EAGAIN && spill_refill(fd, s, true)) result = REAL(libc.recvmsg(fd, message, flags));
  return result;
}

static long receive_without_name(int fd, struct sock *s, struct msghdr *message, int flags) {
  long result;
  do result = take(fd, s, message, flags);
  while (result == -ECONNRESET); /* a peer of ours turned to somebody else; UDP has no such error */
  if (result >= 0 && message->msg_controllen) message->msg_controllen = message_keep_inet(message->msg_control, message->msg_controllen);
  return result;
}

long datagram_receive(int fd, struct sock *s, struct msghdr *message, int flags) {
  if (flags & MSG_ERRQUEUE) return -EAGAIN;
  struct wire_info info;
  sock_refresh(s);
  sock_read(s, &info);
  int error = datagram_take_error(fd, s);
  if (error < 0) return error;
  bool connected = info.state == STATE_connected;
  bool packet_info = option_on(&info, OPTION_packetInfo) || option_on(&info, OPTION_receivePacketInfo);
  if (!connected && !message->msg_name && !packet_info) return receive_without_name(fd, s, message, flags);
  for (;;) {
    struct sockaddr_un un;
    struct msghdr copy = *message;
    copy.msg_name = &un;
    copy.msg_namelen = sizeof un;
    long result = take(fd, s, &copy, flags);
    if (result == -ECONNRESET) {
      error = datagram_take_error(fd, s);
      if (error < 0) return error;
      continue;
    }
    if (result < 0) return result;
    struct address from = source_of(s, &info, &un, copy.msg_namelen);
    if (connected && atomic_load_explicit(&s->filters, memory_order_relaxed) && !is_from_peer(&info, &from)) {
      if (flags & MSG_PEEK) (void)REAL(libc.recv(fd, NULL, 0, MSG_DONTWAIT));
      continue;
    }
    if (message->msg_name) address_write(&from, info.family, message->msg_name, &message->msg_namelen);
    finish_control(s, &info, packet_info ? &from : NULL, &copy, message);
    return result;
  }
}
