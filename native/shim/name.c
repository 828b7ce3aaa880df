/* SPDX-License-Identifier: MIT */
#include "name.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t V4_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
/* fd00::5357:5f00: the reference's IPv6 network; the last byte is the interface. */
static const uint8_t V6_PREFIX[15] = {0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53, 0x57, 0x5f};
static const char HEX[] = "0123456789ABCDEF";

static struct address v4_address(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  struct address out = {.port = 0};
  memcpy(out.bytes, V4_PREFIX, sizeof V4_PREFIX);
  out.bytes[12] = a, out.bytes[13] = b, out.bytes[14] = c, out.bytes[15] = d;
  return out;
}

int address_read(const struct sockaddr *from, socklen_t length, int family, struct address *out) {
  memset(out, 0, sizeof *out);
  if (!from) return -EFAULT;
  if (length < sizeof from->sa_family) return -EINVAL;
  if (family == AF_INET) {
    if (length < sizeof(struct sockaddr_in)) return -EINVAL;
    if (from->sa_family != AF_INET) return -EAFNOSUPPORT;
    struct sockaddr_in in;
    memcpy(&in, from, sizeof in);
    memcpy(out->bytes, V4_PREFIX, sizeof V4_PREFIX);
    memcpy(out->bytes + 12, &in.sin_addr, 4);
    out->port = ntohs(in.sin_port);
    return 0;
  }
  if (length < 24) return -EINVAL; /* SIN6_LEN_RFC2133: without the scope id */
  if (from->sa_family != AF_INET6) return -EAFNOSUPPORT;
  struct sockaddr_in6 in6;
  memcpy(&in6, from, 24);
  memcpy(out->bytes, &in6.sin6_addr, 16);
  out->port = ntohs(in6.sin6_port);
  return 0;
}

void address_write(const struct address *from, int family, struct sockaddr *out, socklen_t *length) {
  union {
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
  } full;
  memset(&full, 0, sizeof full);
  socklen_t size;
  if (family == AF_INET) {
    full.in.sin_family = AF_INET;
    full.in.sin_port = htons(from->port);
    memcpy(&full.in.sin_addr, from->bytes + 12, 4);
    size = sizeof full.in;
  } else {
    full.in6.sin6_family = AF_INET6;
    full.in6.sin6_port = htons(from->port);
    memcpy(&full.in6.sin6_addr, from->bytes, 16);
    size = sizeof full.in6;
  }
  memcpy(out, &full, *length < size ? *length : size);
  *length = size;
}

bool address_is_v4(const struct address *a) { return memcmp(a->bytes, V4_PREFIX, sizeof V4_PREFIX) == 0; }

bool address_is_any(const struct address *a) {
  static const uint8_t zero[16];
  return memcmp(a->bytes, zero, 16) == 0 || (address_is_v4(a) && memcmp(a->bytes + 12, zero, 4) == 0);
}

static bool is_v6_loopback(const struct address *a) {
  static const uint8_t one[16] = {[15] = 1};
  return memcmp(a->bytes, one, 16) == 0;
}

bool address_is_loopback(const struct address *a) { return is_v6_loopback(a) || (address_is_v4(a) && a->bytes[12] == 127); }

bool address_is_multicast(const struct address *a) { return address_is_v4(a) ? a->bytes[12] >> 4 == 14 : a->bytes[0] == 0xff; }

bool address_is_broadcast(const struct name_world *world, const struct address *a) {
  if (!address_is_v4(a)) return false;
  const uint8_t *b = a->bytes + 12;
  return b[1] == 255 && b[2] == 255 && b[3] == 255 && (b[0] == 255 || b[0] == (world->ten ? 10 : 127));
}

struct address address_any(int family) {
  struct address any = {.port = 0};
  return family == AF_INET ? v4_address(0, 0, 0, 0) : any;
}

struct address address_of_host(const struct name_world *world, u32 host, bool v6, bool loopback) {
  if (!v6) {
    if (!world->ten) return v4_address(127, 0, 0, (uint8_t)host);
    return loopback ? v4_address(127, 0, 0, 1) : v4_address(10, 53, 57, (uint8_t)host);
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
  if (v4 && b[0] == 127 && !world->ten) {
    if (b[1] || b[2] || b[3] < 1 || b[3] > HOST_MAX) return -EADDRNOTAVAIL;
    out->interface = b[3];
    return 0;
  }
  if (v4 && b[0] == 127) {
    /* Two hex digits: 127.0.0.1 to 127.0.0.254 of the /8 that a real loopback answers. */
    if (b[1] || b[2] || b[3] < 1 || b[3] == 255) return -EADDRNOTAVAIL;
    out->interface = b[3];
    out->loopback = world->host != 1 || b[3] != 1;
    out->host = world->host;
    return 0;
  }
  if (is_v6_loopback(a)) {
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
    *out = v6 ? address_of_host(world, 1, true, true) : v4_address(127, 0, 0, (uint8_t)n->interface);
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
    *at++ = 'l', *at++ = 'o';
    at = put_hex(at, n->host, 2);
    *at++ = '/';
  }
  *at++ = n->type;
  at = put_hex(at, n->interface, 2);
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
  size_t letters = strlen(base);
  if ((letters != 7 && letters != 9) || !memchr("TXUY", base[0], 4)) return -EINVAL;
  int number = letters == 9 ? read_hex(base + 7, 2) : 0;
  int interface = read_hex(base + 1, 2), port = read_hex(base + 3, 4);
  bool loopback = last && last - path >= 5 && strncmp(last - 5, "/lo", 3) == 0;
  int host = loopback ? read_hex(last - 2, 2) : 0;
  if (interface < 1 || interface > (loopback ? 254 : HOST_MAX) || port < 0 || number < 0 || host < 0 || host > HOST_MAX) return -EINVAL;
  *out = (struct name){.type = base[0],
                       .loopback = loopback,
                       .abstract = abstract,
                       .host = (u32)host,
                       .interface = (u32)interface,
                       .port = (u16)port,
                       .number = (u32)number};
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
