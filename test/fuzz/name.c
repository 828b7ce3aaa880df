/* SPDX-License-Identifier: MIT
 * sources: name.c address.c
 * Names that anybody may have bound, and addresses as programs give them. */
#include "fuzz.h"

#include "name.h"

static void read_name(const struct name_world *world, const uint8_t *data, size_t size) {
  struct sockaddr_un un = {0}, again = {0};
  struct name n, m;
  size_t length = size < sizeof un ? size : sizeof un;
  memcpy(&un, data, length);
  if (length >= sizeof un.sun_family) un.sun_family = AF_UNIX;
  if (name_read(world, &un, (socklen_t)length, &n) < 0) return;
  REQUIRE(strchr("TXUY", n.type) && (name_is_far(&n) ? n.interface <= 0xffffff : n.interface >= 1 && n.interface <= HOST_MAX));
  struct address address;
  name_to_address(world, &n, data[0] & 1, &address);
  if (length > 3 && un.sun_path[0] == 0 && un.sun_path[1] == '~') return; /* a courier's, which names somebody else */
  socklen_t written = name_write(world, &n, &again);
  REQUIRE(written <= sizeof again && name_read(world, &again, written, &m) == 0);
  REQUIRE(m.type == n.type && m.port == n.port && m.interface == n.interface && m.loopback == n.loopback && m.abstract == n.abstract &&
          m.number == n.number);
}

static void read_address(const struct name_world *world, const uint8_t *data, size_t size) {
  struct sockaddr_storage from = {0}, to;
  socklen_t length = size < sizeof from ? (socklen_t)size : sizeof from, room = size % 40;
  memcpy(&from, data, length);
  int family = size & 1 ? AF_INET : AF_INET6;
  if (size & 2) from.ss_family = (sa_family_t)family;
  struct address address;
  if (address_read((struct sockaddr *)&from, length, family, &address) < 0) return;
  struct name n;
  int result = name_of_address(world, &address, size & 4 ? SOCK_STREAM : SOCK_DGRAM, &n);
  REQUIRE(result == 0 || result == -EADDRNOTAVAIL);
  struct sockaddr_un un;
  if (result == 0) REQUIRE(name_write(world, &n, &un) <= sizeof un);
  address_write(&address, family, (struct sockaddr *)&to, &room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  struct name_world world = {
      .ten = data[0] & 1, .host = 1 + data[0] / 2 % HOST_MAX, .dir = "/tmp/network", .network_id = data[0] & 2 ? 0x1234 : 0};
  if (data[1] & 1)
    read_name(&world, data + 2, size - 2);
  else
    read_address(&world, data + 2, size - 2);
  return 0;
}
