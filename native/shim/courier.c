/* SPDX-License-Identifier: MIT */
#include "courier.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "enter.h"
#include "journal.h"
#include "kernel.h"
#include "libc.h"
#include "root.h"
#include "table.h"

/* "\0~<thread, 8><serial, 8>/<port, 4><address, 32><hops, 2><traffic, 2><near, 1><drops, 8>[/lo<host>]/<type><interface><port>": in hex, and the end as any name. */
enum { LABEL_START = 1 + 1 + 16 + 1, LABEL_SIZE = 4 + 32 + 2 + 2 + 1 + 8, TRIES = 64 };

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

static socklen_t write_label(const struct name_world *world, const struct courier_label *label, struct sockaddr_un *out) {
  static __thread u32 serial;
  struct sockaddr_un plain;
  struct name name = label->source;
  name.abstract = false;
  name_write(world, &name, &plain);
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  char *at = out->sun_path + 1;
  *at++ = '~';
  at = put_hex(at, journal_tid(), 8);
  at = put_hex(at, serial++, 8);
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

static int courier_open(const struct network *n, const struct courier_label *label) {
  int fd = (int)REAL(libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd < 0) return fd;
  int result = -EADDRINUSE;
  for (int i = 0; i < TRIES && result == -EADDRINUSE; i++) {
    struct sockaddr_un un;
    socklen_t length = write_label(&n->world, label, &un);
    result = (int)REAL(libc.bind(fd, (struct sockaddr *)&un, length));
  }
  if (result == 0) return fd;
  kernel_close(fd);
  return result;
}

long courier_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message) {
  int fd = courier_open(n, label);
  if (fd < 0) return fd;
  struct msghdr copy = *message;
  copy.msg_name = (void *)to;
  copy.msg_namelen = sizeof *to;
  long result = root_send(fd, &copy, MSG_DONTWAIT | MSG_NOSIGNAL);
  libc.close(fd);
  return result;
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
