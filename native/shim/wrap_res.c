/* SPDX-License-Identifier: MIT
 * res_query and its kin (resolver(3)): the libc would ask a real name server, from sockets that no wrapper sees. */
#include <arpa/nameser.h>
#include <errno.h>
#include <string.h>

#include "dns.h"
#include "enter.h"
#include "libc.h"

typedef unsigned char byte;

/* Sizes of a query: header, name, type and class (RFC 1035 4.1). */
enum { QUERY_MAX = 12 + 255 + 4 };

/* Returns the answer's size, which may be more than fits, as res_send of glibc does; -EINVAL for what is no query. */
static int ask(const struct network *n, const byte *query, int size, byte *answer, int room) {
  byte whole[DNS_MESSAGE_MAX];
  size_t length = size < 0 ? 0 : dns_answer(n, query, (size_t)size, false, whole);
  if (!length) return -EINVAL;
  if (answer && room > 0) memcpy(answer, whole, length < (size_t)room ? length : (size_t)room);
  return (int)length;
}

static int send_query(const struct network *n, const byte *query, int size, byte *answer, int room) {
  return (int)shim_leave(ask(n, query, size, answer, room));
}

static int fail(int error) {
  h_errno = error;
  return -1;
}

/* As res_mkquery, which is in a library of its own before glibc 2.34. Returns the size, or -EINVAL for what is no name. */
static int write_query(const char *name, int class, int type, byte out[QUERY_MAX]) {
  static const byte head[NS_HFIXEDSZ] = {[2] = 0x01 /* recursion desired */, [5] = 1 /* question */};
  size_t size = sizeof head;
  memcpy(out, head, sizeof head);
  for (const char *at = name; *at; at += *at == '.') {
    size_t label = strcspn(at, ".");
    if (label < 1 || label > 63 || size + label + 1 > sizeof head + 254) return -EINVAL;
    out[size++] = (byte)label;
    memcpy(out + size, at, label);
    size += label;
    at += label;
  }
  const byte tail[5] = {0, (byte)(type >> 8), (byte)type, (byte)(class >> 8), (byte) class};
  memcpy(out + size, tail, sizeof tail);
  return (int)(size + sizeof tail);
}

static int ask_name(const struct network *n, const char *name, int class, int type, byte *answer, int room) {
  byte query[QUERY_MAX], head[NS_HFIXEDSZ];
  int size = name ? write_query(name, class, type, query) : -EINVAL;
  if (size < 0) return fail(NO_RECOVERY);
  int length = ask(n, query, size, answer, room);
  if (length < 0 || ask(n, query, size, head, sizeof head) < 0) return fail(NO_RECOVERY);
  switch (head[3] & 0xf) {
    case ns_r_noerror: return head[6] || head[7] ? length : fail(NO_DATA);
    case ns_r_nxdomain: return fail(HOST_NOT_FOUND);
    case ns_r_servfail: return fail(TRY_AGAIN);
    default: return fail(NO_RECOVERY);
  }
}

static int ask_in_domain(const struct network *n, const char *name, const char *domain, int class, int type, byte *answer, int room) {
  char whole[512];
  if (!domain || !*domain) return ask_name(n, name, class, type, answer, room);
  if (!name || strlen(name) + strlen(domain) + 2 > sizeof whole) return fail(NO_RECOVERY);
  stpcpy(stpcpy(stpcpy(whole, name), "."), domain);
  return ask_name(n, whole, class, type, answer, room);
}

EXPORT int res_query(const char *name, int class, int type, byte *answer, int room) {
  struct network *n = network_world();
  return n ? ask_name(n, name, class, type, answer, room) : libc.res_query(name, class, type, answer, room);
}

/* The hosts have no domains, so there is nothing to search. */
EXPORT int res_search(const char *name, int class, int type, byte *answer, int room) {
  struct network *n = network_world();
  return n ? ask_name(n, name, class, type, answer, room) : libc.res_search(name, class, type, answer, room);
}

EXPORT int res_querydomain(const char *name, const char *domain, int class, int type, byte *answer, int room) {
  struct network *n = network_world();
  return n ? ask_in_domain(n, name, domain, class, type, answer, room) : libc.res_querydomain(name, domain, class, type, answer, room);
}

EXPORT int res_send(const byte *query, int size, byte *answer, int room) {
  struct network *n = network_world();
  return n ? send_query(n, query, size, answer, room) : libc.res_send(query, size, answer, room);
}

EXPORT int res_nquery(res_state state, const char *name, int class, int type, byte *answer, int room) {
  struct network *n = network_world();
  return n ? ask_name(n, name, class, type, answer, room) : libc.res_nquery(state, name, class, type, answer, room);
}

EXPORT int res_nsearch(res_state state, const char *name, int class, int type, byte *answer, int room) {
  struct network *n = network_world();
  return n ? ask_name(n, name, class, type, answer, room) : libc.res_nsearch(state, name, class, type, answer, room);
}

EXPORT int res_nquerydomain(res_state state, const char *name, const char *domain, int class, int type, byte *answer, int room) {
  struct network *n = network_world();
  return n ? ask_in_domain(n, name, domain, class, type, answer, room)
           : libc.res_nquerydomain(state, name, domain, class, type, answer, room);
}

EXPORT int res_nsend(res_state state, const byte *query, int size, byte *answer, int room) {
  struct network *n = network_world();
  return n ? send_query(n, query, size, answer, room) : libc.res_nsend(state, query, size, answer, room);
}

/* What <resolv.h> called them before glibc 2.34. */
#define SPELLING(name) EXPORT __typeof__(name) __##name __attribute__((alias(#name), copy(name)));
SPELLING(res_query)
SPELLING(res_search)
SPELLING(res_querydomain)
SPELLING(res_send)
SPELLING(res_nquery)
SPELLING(res_nsearch)
SPELLING(res_nquerydomain)
SPELLING(res_nsend)
