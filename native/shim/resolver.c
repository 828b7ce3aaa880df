/* SPDX-License-Identifier: MIT
 * getaddrinfo in the fake world: the network's host names, localhost, numbers. Nothing else exists there, so no query reaches a real DNS. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "arena.h"
#include "enter.h"
#include "libc.h"
#include "network.h"

/* The libc makes the list for a numeric address: services, socket types and flags are its own business, and freeaddrinfo frees it. */
static int list_of(const struct address *a, bool v6, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? a->bytes : a->bytes + 12, text, sizeof text);
  struct addrinfo numeric = *hints;
  numeric.ai_flags = (hints->ai_flags & ~(AI_ADDRCONFIG | AI_CANONNAME)) | AI_NUMERICHOST;
  if (!v6 && hints->ai_family == AF_INET6) numeric.ai_flags |= AI_V4MAPPED;
  return libc.getaddrinfo(text, service, &numeric, out);
}

/* AI_V4MAPPED without AI_ALL gives mapped addresses only where there is no IPv6 one: fake hosts always have both. */
static int resolve_host(const struct network *n, u32 host, const char *name, bool loopback, const char *service,
                        const struct addrinfo *hints, struct addrinfo **out) {
  struct addrinfo *first = NULL, *second = NULL;
  struct address v4 = address_of_host(&n->world, host, false, loopback), v6 = address_of_host(&n->world, host, true, loopback);
  int result;
  if (hints->ai_family == AF_INET) {
    result = list_of(&v4, false, service, hints, &first);
  } else if (hints->ai_family == AF_INET6) {
    result = list_of(&v6, true, service, hints, &first);
  } else {
    /* localhost: ::1 first as glibc sorts it (RFC 3484). Hosts: IPv4 first, since a server on 0.0.0.0 only must be found by clients that try one address. */
    result = list_of(loopback ? &v6 : &v4, loopback, service, hints, &first);
    if (result == 0) result = list_of(loopback ? &v4 : &v6, !loopback, service, hints, &second);
  }
  if (result != 0) {
    if (first) freeaddrinfo(first);
    return result;
  }
  struct addrinfo *last = first;
  while (last->ai_next) last = last->ai_next;
  last->ai_next = second;
  if (hints->ai_flags & AI_CANONNAME) first->ai_canonname = strdup(name);
  *out = first;
  return 0;
}

static bool is_localhost(const char *name) {
  size_t length = strlen(name);
  return strcasecmp(name, "localhost") == 0 || strcasecmp(name, "ip6-localhost") == 0 ||
         (length > 10 && strcasecmp(name + length - 10, ".localhost") == 0);
}

static bool is_own_name(const char *name) {
  char own[256];
  return gethostname(own, sizeof own) == 0 && strcasecmp(own, name) == 0;
}

static bool is_numeric(const char *name) {
  unsigned char bytes[16];
  struct in_addr v4;
  return inet_aton(name, &v4) || strchr(name, ':') || inet_pton(AF_INET6, name, bytes) == 1;
}

EXPORT int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                       struct addrinfo **restrict out) {
  static const struct addrinfo none = {.ai_family = AF_UNSPEC, .ai_flags = AI_V4MAPPED | AI_ADDRCONFIG};
  struct network *n = network_current();
  if (!n || !n->arena || !name || is_numeric(name)) {
    if (!n || !n->arena || !hints || !(hints->ai_flags & AI_ADDRCONFIG)) return libc.getaddrinfo(name, service, hints, out);
    /* The fake hosts have both families, whatever the real machine has. */
    struct addrinfo both = *hints;
    both.ai_flags &= ~AI_ADDRCONFIG;
    return libc.getaddrinfo(name, service, &both, out);
  }
  if (!hints) hints = &none;
  if (hints->ai_flags & AI_NUMERICHOST) return EAI_NONAME;
  if (is_localhost(name)) return resolve_host(n, n->world.host, name, true, service, hints, out);
  u32 host = arena_host_find(n->arena, name);
  if (host == 0 && is_own_name(name)) host = n->world.host;
  return host ? resolve_host(n, host, name, false, service, hints, out) : EAI_NONAME;
}
