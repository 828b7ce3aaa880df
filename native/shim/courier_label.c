/* SPDX-License-Identifier: MIT */
#include "courier_label.h"

#include <string.h>

/* "\0~<unique, 16>/<port, 4><address, 32><hops, 2><traffic, 2><near, 1><drops, 8>[/lo<host>]/<type><interface><port>": in hex, and the end as any name. */
enum { LABEL_START = 1 + 1 + 16 + 1, LABEL_SIZE = 4 + 32 + 2 + 2 + 1 + 8 };

static char *put_hex(char *at, u64 value, int digits) {
  static const char hex[] = "0123456789ABCDEF";
  for (int i = digits - 1; i >= 0; i--) *at++ = hex[value >> (4 * i) & 15];
  return at;
}

static bool read_hex(const char *from, int digits, u32 *out) {
  for (*out = 0; digits--; from++) {
    int digit = *from >= '0' && *from <= '9' ? *from - '0' : *from >= 'A' && *from <= 'F' ? *from - 'A' + 10 : -1;
    if (digit < 0) return false;
    *out = *out << 4 | (u32)digit;
  }
  return true;
}

socklen_t courier_write(const struct name_world *world, const struct courier_label *label, u64 unique, struct sockaddr_un *out) {
  struct sockaddr_un plain;
  struct name name = label->source;
  name.abstract = false;
  name_write(world, &name, &plain);
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  char *at = out->sun_path + 1;
  *at++ = '~';
  at = put_hex(at, unique, 16);
  *at++ = '/';
  at = put_hex(at, label->to.port, 4);
  for (int i = 0; i < 16; i++) at = put_hex(at, label->to.bytes[i], 2);
  at = put_hex(at, label->hops, 2);
  at = put_hex(at, label->traffic, 2);
  at = put_hex(at, label->near, 1);
  at = put_hex(at, label->drops, 8);
  at = stpcpy(at, plain.sun_path + strlen(world->dir));
  return (socklen_t)(at - (char *)out);
}

bool courier_read(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct courier_label *out) {
  const char *path = from->sun_path;
  if (length < offsetof(struct sockaddr_un, sun_path) + LABEL_START + LABEL_SIZE || path[0] || path[1] != '~') return false;
  const char *at = path + LABEL_START;
  u32 port, byte, hops, traffic, near, drops;
  if (!read_hex(at, 4, &port) || !read_hex(at + 36, 2, &hops) || !read_hex(at + 38, 2, &traffic) || !read_hex(at + 40, 1, &near) ||
      !read_hex(at + 41, 8, &drops))
    return false;
  out->to.port = (u16)port;
  for (int i = 0; i < 16; i++) {
    if (!read_hex(at + 4 + 2 * i, 2, &byte)) return false;
    out->to.bytes[i] = (uint8_t)byte;
  }
  out->hops = (uint8_t)hops;
  out->traffic = (uint8_t)traffic;
  out->near = (enum courier_near)near;
  out->drops = drops;
  return name_read(world, from, length, &out->source) == 0;
}
