/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <errno.h>
#include <string.h>

/* fd00::5357:5f00: the reference's IPv6 network; the last byte is the interface. */
static const uint8_t V6_PREFIX[15] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0x57, 0x5f};
static const char HEX[] = "0123456789ABCDEF";

bool address_is_broadcast(const struct name_world *world, const struct address *a) {
  uint8_t net = a->bytes[12];
  return address_ends_broadcast(a) && (net == 255 || net == 127 || (world->ten && net == 10));
}

struct address address_of_host(const struct name_world *world, u32 host, bool v6, bool loopback) {
  if (!v6) {
    if (!world->ten) return address_v4(127, 0, 0, (uint8_t)host);
    return loopback ? address_v4(127, 0, 0, 1) : address_v4(10, 53, 57, (uint8_t)host);
  }
  struct address out = {.port = 0};
  if (loopback) {
    out.bytes[15] = 1;
  } else {
    memcpy(out.bytes, V6_PREFIX, sizeof V6_PREFIX);
    out.bytes[15] = (uint8_t)host;
  }
  return out;
}

int name_of_address(const struct name_world *world, const struct address *a, int socket_type, struct name *out) {
  bool v4 = address_is_v4(a), stream = socket_type == SOCK_STREAM;
  const uint8_t *b = a->bytes + 12;
  *out = (struct name){.type = v4 ? (stream ? 'T' : 'U') : (stream ? 'X' : 'Y'), .port = a->port};
  if (address_is_any(a)) {
    out->interface = world->host;
    return 0;
  }
  if (v4 && b[0] == 127) {
    u32 number = (u32)b[1] << 16 | (u32)b[2] << 8 | b[3];
    if (number == 0xffffff && !stream) return -EADDRNOTAVAIL; /* the broadcast address of the loopback */
    out->interface = number;
    if (!world->ten && number >= 1 && number <= HOST_MAX) return 0;
    out->loopback = !world->ten || world->host != 1 || number != 1;
    out->host = world->host;
    return 0;
  }
  if (!v4 && address_is_loopback(a)) {
    out->loopback = world->ten && world->host != 1;
    out->interface = out->loopback ? 1 : world->host;
    out->host = world->host;
    return 0;
  }
  bool ours = v4 ? world->ten && b[0] == 10 && b[1] == 53 && b[2] == 57 : memcmp(a->bytes, V6_PREFIX, sizeof V6_PREFIX) == 0;
  if (!ours || b[3] < 1 || b[3] > HOST_MAX) return -EADDRNOTAVAIL;
  out->interface = b[3];
  return 0;
}

void name_to_address(const struct name_world *world, const struct name *n, bool as_loopback, struct address *out) {
  bool v6 = n->type == 'X' || n->type == 'Y';
  if (n->loopback)
    *out = v6 ? address_of_host(world, 1, true, true)
              : address_v4(127, (uint8_t)(n->interface >> 16), (uint8_t)(n->interface >> 8), (uint8_t)n->interface);
  else
    *out = address_of_host(world, n->interface, v6, as_loopback && n->interface == world->host);
  out->port = n->port;
}

static char *put_hex(char *at, u64 value, int digits) {
  for (int i = digits - 1; i >= 0; i--) *at++ = HEX[value >> (4 * i) & 15];
  return at;
}

socklen_t name_write(const struct name_world *world, const struct name *n, struct sockaddr_un *out) {
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  char *at = out->sun_path;
  if (n->abstract) {
    *at++ = 0;
    at = put_hex(at, world->network_id, 16);
  } else {
    at = stpcpy(at, world->dir);
  }
  *at++ = '/';
  if (n->loopback) {
    *at++ = 'l', *at++ = name_is_far(n) ? 'x' : 'o';
    at = put_hex(at, n->host, 2);
    *at++ = '/';
  }
  *at++ = n->type;
  at = put_hex(at, n->interface, name_is_far(n) ? 6 : 2);
  at = put_hex(at, n->port, 4);
  if (n->number) at = put_hex(at, n->number, 2);
  return (socklen_t)(at - (char *)out) + (n->abstract ? 0 : 1);
}

static int read_hex(const char *from, int digits) {
  int value = 0;
  for (int i = 0; i < digits; i++) {
    char c = from[i];
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

bool name_read_port(const char *digits, u16 *out) {
  int port = strlen(digits) < 4 ? -1 : read_hex(digits, 4);
  *out = (u16)port;
  return port >= 0;
}

/* "<type><interface, `digits`><port, 4>", and perhaps "<number, 2>". */
static bool read_base(const char *base, int digits, struct name *out) {
  size_t letters = strlen(base), plain = 1 + (size_t)digits + 4;
  if ((letters != plain && letters != plain + 2) || !memchr("TXUY", base[0], 4)) return false;
  int number = letters == plain ? 0 : read_hex(base + plain, 2), interface = read_hex(base + 1, digits),
      port = read_hex(base + 1 + digits, 4);
  *out = (struct name){.type = base[0], .interface = (u32)interface, .port = (u16)port, .number = (u32)number};
  return number >= 0 && interface >= 0 && port >= 0;
}

bool name_read_far(const char *base, struct name *out) { return read_base(base, 6, out); }

int name_read(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct name *out) {
  char path[sizeof from->sun_path + 1];
  if (length <= offsetof(struct sockaddr_un, sun_path) || from->sun_family != AF_UNIX) return -EINVAL;
  size_t size = length - offsetof(struct sockaddr_un, sun_path);
  if (size > sizeof from->sun_path) size = sizeof from->sun_path;
  bool abstract = from->sun_path[0] == 0;
  memcpy(path, from->sun_path + abstract, size - abstract);
  path[size - abstract] = 0;
  if (abstract) {
    char prefix[17] = {0};
    put_hex(prefix, world->network_id, 16);
    bool courier = path[0] == '~'; /* see courier.h */
    if (!courier && (!world->network_id || strncmp(path, prefix, 16) != 0 || path[16] != '/')) return -EINVAL;
  }
  const char *last = strrchr(path, '/');
  const char *base = last ? last + 1 : path;
  bool in_directory = last && last - path >= 5, far = in_directory && strncmp(last - 5, "/lx", 3) == 0;
  bool loopback = far || (in_directory && strncmp(last - 5, "/lo", 3) == 0);
  int host = loopback ? read_hex(last - 2, 2) : 0;
  if (!read_base(base, far ? 6 : 2, out) || host < 0 || host > HOST_MAX) return -EINVAL;
  if (far ? out->interface == 1 : out->interface < 1 || out->interface > (loopback ? 1 : HOST_MAX)) return -EINVAL;
  out->loopback = loopback;
  out->abstract = abstract;
  out->host = (u32)host;
  return 0;
}

/* zero byte, 16 digits of the network, "/N", 32 of the address, 4 of the port, 8 to keep them apart. */
enum { OUTSIDE_DIGITS = 16 + 2 + 32 + 4 + 8 };

socklen_t name_write_outside(const struct name_world *world, const struct address *a, u32 unique, struct sockaddr_un *out) {
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  char *at = put_hex(out->sun_path + 1, world->network_id, 16);
  *at++ = '/', *at++ = 'N';
  for (int i = 0; i < 16; i++) at = put_hex(at, a->bytes[i], 2);
  at = put_hex(put_hex(at, a->port, 4), unique, 8);
  return (socklen_t)(at - (char *)out);
}

int name_read_outside(const struct name_world *world, const struct sockaddr_un *from, socklen_t length, struct address *out) {
  char prefix[18];
  *put_hex(prefix, world->network_id, 16) = '/';
  prefix[17] = 'N';
  if (length != offsetof(struct sockaddr_un, sun_path) + 1 + OUTSIDE_DIGITS || from->sun_family != AF_UNIX || from->sun_path[0] ||
      memcmp(from->sun_path + 1, prefix, sizeof prefix) != 0)
    return -EINVAL;
  const char *at = from->sun_path + 1 + sizeof prefix;
  for (int i = 0; i < 16; i++) {
    int byte = read_hex(at + 2 * i, 2);
    if (byte < 0) return -EINVAL;
    out->bytes[i] = (uint8_t)byte;
  }
  int port = read_hex(at + 32, 4);
  if (port < 0) return -EINVAL;
  out->port = (u16)port;
  return 0;
}
