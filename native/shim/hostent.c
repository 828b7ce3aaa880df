/* SPDX-License-Identifier: MIT
 * gethostbyname, gethostbyaddr and their forms: what programs asked before getaddrinfo. */
#include <errno.h>
#include <string.h>

#include "enter.h"
#include "libc.h"
#include "lookup.h"

/* Room of the calls that answer in static memory. */
enum { STATIC_SIZE = 2048 };

static char *reserve(char **at, char *end, size_t size, size_t alignment) {
  char *start = (char *)(((uintptr_t)*at + alignment - 1) & ~(uintptr_t)(alignment - 1));
  if (start > end || size > (size_t)(end - start)) return NULL;
  *at = start + size;
  return start;
}

/* `found` as a hostent of the family in the caller's buffer. 0, ERANGE, or ENOENT when none of its addresses is of the family. */
static int fill(const struct lookup *found, int family, struct hostent *out, char *buffer, size_t size) {
  char *at = buffer, *end = buffer + size;
  size_t length = family == AF_INET ? 4 : 16, count = 0;
  char **list = (char **)reserve(&at, end, (found->count + 2) * sizeof *list, sizeof *list);
  char *name = reserve(&at, end, strlen(found->name) + 1, 1);
  if (!list || !name) return ERANGE;
  for (u32 i = 0; i < found->count; i++) {
    const struct address *a = &found->addresses[i];
    if (address_is_v4(a) != (family == AF_INET)) continue;
    char *bytes = reserve(&at, end, length, sizeof(u32));
    if (!bytes) return ERANGE;
    list[count++] = memcpy(bytes, a->bytes + 16 - length, length);
  }
  list[count] = list[count + 1] = NULL; /* the second one: no aliases */
  *out = (struct hostent){.h_name = strcpy(name, found->name),
                          .h_aliases = list + count + 1,
                          .h_addrtype = family,
                          .h_length = (int)length,
                          .h_addr_list = list};
  return count ? 0 : ENOENT;
}

/* As nss/getXXbyYY_r.c of glibc ends: what is not there is no error, only no result. */
static int finish(int error, int missing, struct hostent *host, struct hostent **result, int *h_error) {
  *result = error ? NULL : host;
  if (error) h_errno = *h_error = error == ERANGE ? NETDB_INTERNAL : missing; /* programs look at either */
  return error == ERANGE ? (errno = ERANGE) : 0;
}

static int by_name(const struct network *n, const char *name, int family, struct hostent *host, char *buffer, size_t size,
                   struct hostent **result, int *h_error) {
  struct lookup found;
  int error = lookup_name(n, name, &found);
  if (error < 0) return finish(ENOENT, error == -EAGAIN ? TRY_AGAIN : HOST_NOT_FOUND, host, result, h_error);
  return finish(fill(&found, family, host, buffer, size), NO_DATA, host, result, h_error);
}

static int by_address(const struct network *n, const void *address, socklen_t length, int family, struct hostent *host, char *buffer,
                      size_t size, struct hostent **result, int *h_error) {
  struct lookup found = {.count = 1};
  struct address *a = &found.addresses[0];
  a->bytes[10] = a->bytes[11] = 0xff;
  memcpy(a->bytes + 16 - length, address, length);
  int error = lookup_address(n, a, found.name) < 0 ? ENOENT : fill(&found, family, host, buffer, size);
  return finish(error, HOST_NOT_FOUND, host, result, h_error);
}

/* The network that answers for a name; NULL: the libc does, also for addresses, of which it makes a hostent without a query. */
static struct network *answers_name(const char *name, int family) {
  struct network *n = name && (family == AF_INET || family == AF_INET6) ? network_world() : NULL;
  return n && !lookup_is_numeric(name) ? n : NULL;
}

static struct network *answers_address(const void *address, socklen_t length, int family) {
  bool fits = address && ((family == AF_INET && length == 4) || (family == AF_INET6 && length == 16));
  return fits ? network_world() : NULL;
}

EXPORT int gethostbyname2_r(const char *restrict name, int family, struct hostent *restrict host, char *restrict buffer, size_t size,
                            struct hostent **restrict result, int *restrict h_error) {
  struct network *n = answers_name(name, family);
  if (!n) return libc.gethostbyname2_r(name, family, host, buffer, size, result, h_error);
  return by_name(n, name, family, host, buffer, size, result, h_error);
}

EXPORT int gethostbyname_r(const char *restrict name, struct hostent *restrict host, char *restrict buffer, size_t size,
                           struct hostent **restrict result, int *restrict h_error) {
  struct network *n = answers_name(name, AF_INET);
  if (!n) return libc.gethostbyname_r(name, host, buffer, size, result, h_error);
  return by_name(n, name, AF_INET, host, buffer, size, result, h_error);
}

EXPORT int gethostbyaddr_r(const void *restrict address, socklen_t length, int family, struct hostent *restrict host, char *restrict buffer,
                           size_t size, struct hostent **restrict result, int *restrict h_error) {
  struct network *n = answers_address(address, length, family);
  if (!n) return libc.gethostbyaddr_r(address, length, family, host, buffer, size, result, h_error);
  return by_address(n, address, length, family, host, buffer, size, result, h_error);
}

static struct hostent static_host;
static char static_buffer[STATIC_SIZE];

EXPORT struct hostent *gethostbyname2(const char *name, int family) {
  struct network *n = answers_name(name, family);
  struct hostent *result = NULL;
  if (!n) return libc.gethostbyname2(name, family);
  by_name(n, name, family, &static_host, static_buffer, sizeof static_buffer, &result, &h_errno);
  return result;
}

EXPORT struct hostent *gethostbyname(const char *name) {
  return answers_name(name, AF_INET) ? gethostbyname2(name, AF_INET) : libc.gethostbyname(name);
}

EXPORT struct hostent *gethostbyaddr(const void *address, socklen_t length, int family) {
  struct network *n = answers_address(address, length, family);
  struct hostent *result = NULL;
  if (!n) return libc.gethostbyaddr(address, length, family);
  by_address(n, address, length, family, &static_host, static_buffer, sizeof static_buffer, &result, &h_errno);
  return result;
}
