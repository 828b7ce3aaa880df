/* SPDX-License-Identifier: MIT */
#include "lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "arena.h"

static bool ends_with(const char *name, const char *end) {
  size_t length = strlen(name), rest = strlen(end);
  return length > rest && strcasecmp(name + length - rest, end) == 0;
}

static bool is_localhost(const char *name) {
  return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "ip6-localhost") == 0 || ends_with(name, ".localhost");
}

static bool is_own_name(const char *name) {
  struct utsname own;
  return uname(&own) == 0 && strcasecmp(own.nodename, name) == 0;
}

bool lookup_is_numeric(const char *name) {
  unsigned char bytes[16];
  struct in_addr v4;
  return inet_aton(name, &v4) || strchr(name, ':') || inet_pton(AF_INET6, name, bytes) == 1;
}

static void add(struct lookup *out, const struct address *a) {
  if (out->count < LOOKUP_ADDRESSES_MAX) out->addresses[out->count++] = *a;
}

static bool add_text(struct lookup *out, const char *text) {
  struct address a = {.bytes = {[10] = 0xff, [11] = 0xff}};
  if (inet_pton(AF_INET, text, a.bytes + 12) != 1 && inet_pton(AF_INET6, text, a.bytes) != 1) return false;
  add(out, &a);
  return true;
}

/* "name=address," entries, see network.h. */
static int passed_name(const struct network *n, const char *name, struct lookup *out) {
  size_t length = strlen(name);
  bool known = false;
  const char *end;
  for (const char *at = n->passed_names; (end = strchr(at, ',')); at = end + 1) {
    char text[INET6_ADDRSTRLEN];
    const char *address = at + length + 1;
    if (strncasecmp(at, name, length) != 0 || at[length] != '=') continue;
    known = true;
    if (address == end || (size_t)(end - address) >= sizeof text) continue;
    memcpy(text, address, (size_t)(end - address));
    text[end - address] = 0;
    add_text(out, text);
  }
  return out->count ? 0 : known ? -EAGAIN : -ENOENT;
}

int lookup_name(const struct network *n, const char *name, struct lookup *out) {
  size_t length = strlen(name);
  if (length && name[length - 1] == '.') length--; /* a complete name */
  if (length < 1 || length > LOOKUP_NAME_MAX) return -ENOENT;
  memcpy(out->name, name, length);
  out->name[length] = 0;
  out->count = 0;
  int passed = passed_name(n, out->name, out);
  if (passed != -ENOENT) return passed;
  bool loopback = is_localhost(out->name);
  u32 host = loopback ? n->world.host : arena_host_find(n->arena, out->name);
  if (host && !loopback) arena_host_name(n->arena, host, out->name, sizeof out->name);
  if (!host && is_own_name(out->name)) host = n->world.host;
  if (!host) return -ENOENT;
  struct address v4 = address_of_host(&n->world, host, false, loopback), v6 = address_of_host(&n->world, host, true, loopback);
  /* localhost: ::1 first as glibc sorts it (RFC 3484). Hosts: IPv4 first, since a server on 0.0.0.0 only must be found by clients that try one address. */
  add(out, loopback ? &v6 : &v4);
  add(out, loopback ? &v4 : &v6);
  return 0;
}

int lookup_address(const struct network *n, const struct address *a, char out[LOOKUP_NAME_MAX + 1]) {
  const struct name_world *world = &n->world;
  struct address one = {.port = 0};
  memcpy(one.bytes, a->bytes, sizeof one.bytes);
  for (int v6 = 0; v6 < 2; v6++) {
    struct address loopback = address_of_host(world, world->host, v6, true);
    if (memcmp(&one, &loopback, sizeof one) != 0) continue;
    strcpy(out, "localhost");
    return 0;
  }
  u32 host = one.bytes[15];
  for (int v6 = 0; v6 < 2; v6++) {
    struct address own = address_of_host(world, host, v6, false);
    if (memcmp(&one, &own, sizeof one) == 0 && arena_host_name(n->arena, host, out, LOOKUP_NAME_MAX + 1)) return 0;
  }
  return -ENOENT;
}
