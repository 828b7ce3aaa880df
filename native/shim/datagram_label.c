/* SPDX-License-Identifier: MIT
 * What the receiver of a datagram can't know of its sender by itself. */
#include <string.h>

#include "datagram_control.h"
#include "datagram_rival.h"
#include "datagram_transmit.h"
#include "kernel_socket.h"

int datagram_label(int fd, struct sock *s, const struct address *to, struct courier_label *out) {
  struct sockaddr_un own;
  socklen_t length = sizeof own;
  struct wire_info info;
  sock_read(s, &info);
  *out = (struct courier_label){.hops = datagram_hops(&info, !address_is_v4(to)), .traffic = datagram_traffic(&info, !address_is_v4(to))};
  int result = kernel_getsockname(fd, &own, &length);
  return result < 0 ? result : name_read(&s->network->world, &own, length, &out->source);
}

/* An address that the sender has named, and is not bound to. */
static bool is_another(const struct sock *s, const struct wire_info *info, const struct name *source) {
  struct address local = info_local(info);
  struct name own;
  if (!source->type) return false;
  return name_of_address(&s->network->world, &local, SOCK_DGRAM, &own) < 0 || own.loopback != source->loopback ||
         own.interface != source->interface;
}

bool datagram_needs_label(int fd, struct sock *s, const struct wire_info *info, const struct address *to, const struct datagram_said *said,
                          struct courier_label *out) {
  bool v6 = !address_is_v4(to), other = is_another(s, info, &said->source);
  int hops = said->hops[v6], traffic = said->traffic[v6];
  bool marked = (hops >= 0 && hops != datagram_hops(info, v6)) || (traffic >= 0 && traffic != datagram_traffic(info, v6));
  if (!marked && !other) return false;
  if (!datagram_knows_receiver(s->network, to) || datagram_label(fd, s, to, out) < 0) return false;
  if (hops >= 0) out->hops = (uint8_t)hops;
  if (traffic >= 0) out->traffic = (uint8_t)traffic;
  if (!other) return true;
  u16 port = out->source.port;
  out->source = said->source;
  out->source.port = port;
  out->near = NEAR_LOOPBACK;
  return true;
}
