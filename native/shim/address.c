/* SPDX-License-Identifier: MIT */
#include "address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t V4_PREFIX[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct address address_v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
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
  if (*length) memcpy(out, &full, *length < size ? *length : size);
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

bool address_ends_broadcast(const struct address *a) {
  return address_is_v4(a) && a->bytes[13] == 255 && a->bytes[14] == 255 && a->bytes[15] == 255;
}

struct address address_any(int family) {
  struct address any = {.port = 0};
  return family == AF_INET ? address_v4(0, 0, 0, 0) : any;
}
