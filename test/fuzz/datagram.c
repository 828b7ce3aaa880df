/* SPDX-License-Identifier: MIT
 * sources: datagram_control.c control.c name.c address.c sock.c
 * Control data that a program gives with a datagram, and that it gets with one in a buffer of any size. */
#include "fuzz.h"

#include <netinet/in.h>

#include "arena.h"
#include "datagram_control.h"
#include "interface.h"
#include "message.h"
#include "option_local.h"
#include "table.h"

static struct network n;
static struct sock s;

/* A network of one sender, in place of what other files know. */
void table_each(void (*visit)(int fd, struct sock *s, void *context), void *context) { visit(3, &s, context); }
bool arena_marked(const struct arena *a) { return a; }
bool arena_socket_next(struct arena *a, u32 *at, u16 type, u16 port, struct wire_info *out) {
  (void)a, (void)type, (void)port;
  sock_read(&s, out);
  return (*at)++ == 0;
}
u32 arena_socket_version(struct arena *a, u64 cookie) { return (void)a, (u32)cookie; }
bool arena_socket_get(struct arena *a, u64 cookie, struct wire_info *out) { return (void)a, (void)cookie, (void)out, false; }
u32 interface_of_address(const struct address *a) { return address_is_loopback(a) ? INTERFACE_LO : INTERFACE_ETH0; }
bool option_local_tells_drops(const struct sock *from) { return from->info.pendingError & 1; }
bool message_takes_socket_control(const struct control_item *item) { return item->head.cmsg_type & 1; }

static void say(const uint8_t *data, size_t size, int family) {
  uint8_t *control = copy_of(data, size); /* of exactly this size: a byte too far is noticed */
  struct msghdr message = {.msg_control = control, .msg_controllen = size};
  struct datagram_said said;
  bool v6 = family == AF_INET6;
  int result = datagram_read_control(&s, &message, family, &said);
  REQUIRE(result == 0 || result == -EINVAL || result == -ENODEV || result == -ENETUNREACH);
  REQUIRE(said.hops[v6] >= -1 && said.hops[v6] <= 255 && said.traffic[v6] >= -1 && said.traffic[v6] <= 255);
  REQUIRE(said.segment >= -1 && said.segment <= 0xffff);
  datagram_control_interface(&message);
  free(control);
}

static void hear(const uint8_t *data, size_t size, size_t room) {
  struct wire_info info = {.family = AF_INET6};
  struct datagram_origin origin;
  if (size < sizeof info + sizeof origin) return;
  memcpy(&info, data, sizeof info);
  memcpy(&origin.from, data + sizeof info, sizeof origin.from);
  memset(&origin.label, data[0], sizeof origin.label);
  info.family = data[1] & 1 ? AF_INET : AF_INET6;
  origin.label.source.loopback = data[1] & 2;
  origin.label.source.abstract = false;
  origin.label.near = NEAR_UNKNOWN;
  origin.named = data[1] & 4;
  origin.labelled = data[1] & 8;
  sock_write(&s, &info);
  uint8_t *to = malloc(room ? room : 1);
  struct control_writer writer = {.at = to, .room = room};
  datagram_wants_control(&s, &info);
  datagram_put_control(&s, &info, &origin, &writer);
  REQUIRE(writer.at + writer.room == to + room);
  struct control_item item;
  size_t offset = 0;
  int more;
  while ((more = control_next(to, room - writer.room, &offset, &item)) > 0) continue;
  REQUIRE(more == 0);
  free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 4) return 0;
  n.world = (struct name_world){.ten = data[0] & 1, .host = 1 + data[0] / 8 % HOST_MAX, .dir = "/tmp/network"};
  n.arena = data[0] & 2 ? (struct arena *)&n : NULL; /* only asked whether it is there */
  s.network = &n;
  if (data[0] & 4)
    say(data + 3, size - 3, data[1] & 1 ? AF_INET : AF_INET6);
  else
    hear(data + 3, size - 3, data[1] | (size_t)(data[2] & 1) << 8);
  return 0;
}
