/* SPDX-License-Identifier: MIT */
#include "dns.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lookup.h"

/* Offsets and bits of the header, RFC 1035 4.1.1; sizes of UDP messages, RFC 1035 4.2.1 and RFC 6891 6.2.3. */
enum { FLAGS = 2, QUESTIONS = 4, ANSWERS = 6, ADDITIONAL = 10, HEAD = 12, PLAIN_MAX = 512, OPT_SIZE = 11 };
enum {
  RESPONSE = 0x8000,
  OPCODE = 0x7800,
  AUTHORITATIVE = 0x0400,
  TRUNCATED = 0x0200,
  DESIRED = 0x0100,
  AVAILABLE = 0x0080,
  CHECKED = 0x0010
};
enum { VERSION_BAD = 1 /* BADVERS, 16: in the extended bits */ };

struct question {
  char name[LOOKUP_NAME_MAX + 2];
  u32 type, class;
  size_t end; /* offset behind it */
};

struct extension {
  bool present;
  u32 size, version;
};

struct writer {
  uint8_t *out;
  size_t used, room;
  u32 answers;
  bool cut;
};

static u32 get16(const uint8_t *at) { return (u32)at[0] << 8 | at[1]; }
static void put16(uint8_t *at, u32 value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }

/* Behind a name that may end in a pointer; 0 when the message ends before. */
static size_t skip_name(const uint8_t *m, size_t size, size_t at) {
  while (at < size) {
    if (m[at] == 0) return at + 1;
    if (m[at] >= 0xc0) return at + 2 <= size ? at + 2 : 0;
    at += m[at] + 1u;
  }
  return 0;
}

/* A name in a question has no pointers. Bytes that no host name has become '?', which nobody is called. */
static bool read_question(const uint8_t *m, size_t size, struct question *out) {
  size_t at = HEAD, length = 0;
  while (at < size && m[at]) {
    size_t label = m[at++];
    if (label > 63 || label > size - at || length + label + 1 > LOOKUP_NAME_MAX + 1) return false;
    for (size_t i = 0; i < label; i++) {
      uint8_t c = m[at++];
      out->name[length++] = c > ' ' && c < 0x7f && c != '.' && c != '=' && c != ',' ? (char)c : '?';
    }
    out->name[length++] = '.';
  }
  out->name[length ? length - 1 : 0] = 0;
  if (at + 5 > size) return false;
  out->type = get16(m + at + 1);
  out->class = get16(m + at + 3);
  out->end = at + 5;
  return true;
}

/* The OPT record, wherever it stands behind the question. */
static bool read_extension(const uint8_t *m, size_t size, size_t at, struct extension *out) {
  u32 records = get16(m + ANSWERS) + get16(m + ANSWERS + 2) + get16(m + ADDITIONAL);
  for (u32 i = 0; i < records; i++) {
    size_t body = skip_name(m, size, at);
    if (!body || body + 10 > size) return false;
    if (get16(m + body) == ns_t_opt) {
      if (out->present) return false;
      *out = (struct extension){.present = true, .size = get16(m + body + 2), .version = m[body + 5]};
    }
    at = body + 10 + get16(m + body + 8);
    if (at > size) return false;
  }
  return true;
}

/* A record about the question's name. Time to live 0: a host may come to life at any time. */
static void put_record(struct writer *w, u32 type, const uint8_t *data, size_t size) {
  if (w->cut || w->used + 12 + size > w->room) {
    w->cut = true;
    return;
  }
  uint8_t *at = w->out + w->used;
  put16(at, 0xc000 | HEAD);
  put16(at + 2, type);
  put16(at + 4, ns_c_in);
  put16(at + 6, 0);
  put16(at + 8, 0);
  put16(at + 10, (u32)size);
  memcpy(at + 12, data, size);
  w->used += 12 + size;
  w->answers++;
}

static u32 answer_addresses(const struct network *n, const struct question *q, struct writer *w) {
  struct lookup found;
  int result = lookup_is_numeric(q->name) ? -ENOENT : lookup_name(n, q->name, &found);
  if (result < 0) return result == -EAGAIN ? ns_r_servfail : ns_r_nxdomain;
  for (u32 i = 0; i < found.count; i++) {
    const struct address *a = &found.addresses[i];
    bool v4 = address_is_v4(a);
    if (v4 && (q->type == ns_t_a || q->type == ns_t_any)) put_record(w, ns_t_a, a->bytes + 12, 4);
    if (!v4 && (q->type == ns_t_aaaa || q->type == ns_t_any)) put_record(w, ns_t_aaaa, a->bytes, 16);
  }
  return ns_r_noerror;
}

/* "2.57.53.10." of an address; NULL when it does not begin so. */
static const char *read_decimals(const char *name, uint8_t bytes[4]) {
  for (int i = 3; i >= 0; i--) {
    u32 value = 0;
    int digits = 0;
    for (; *name >= '0' && *name <= '9' && digits < 3; digits++) value = value * 10 + (u32)(*name++ - '0');
    if (!digits || value > 255 || *name++ != '.') return NULL;
    bytes[i] = (uint8_t)value;
  }
  return name;
}

/* "2.57.53.10.in-addr.arpa" and "2.0. ... .d.f.ip6.arpa". */
static bool read_reverse(const char *name, struct address *out) {
  *out = (struct address){.bytes = {[10] = 0xff, [11] = 0xff}};
  const char *end = read_decimals(name, out->bytes + 12);
  if (end && strcasecmp(end, "in-addr.arpa") == 0) return true;
  if (strlen(name) != 64 + 8 || strcasecmp(name + 64, "ip6.arpa") != 0) return false;
  memset(out->bytes, 0, sizeof out->bytes);
  for (int i = 0; i < 32; i++) {
    static const char hex[] = "0123456789abcdef";
    char c = name[2 * i];
    const char *digit = memchr(hex, c >= 'A' && c <= 'F' ? c + ('a' - 'A') : c, 16);
    if (!digit || name[2 * i + 1] != '.') return false;
    out->bytes[15 - i / 2] |= (uint8_t)((digit - hex) << (i % 2 ? 4 : 0));
  }
  return true;
}

static u32 answer_reverse(const struct network *n, const struct question *q, struct writer *w) {
  struct address a;
  char name[LOOKUP_NAME_MAX + 1];
  uint8_t data[LOOKUP_NAME_MAX + 2];
  if (!read_reverse(q->name, &a) || lookup_address(n, &a, name) < 0) return ns_r_nxdomain;
  size_t size = 0;
  for (const char *at = name; *at; at += *at == '.') {
    size_t label = strcspn(at, ".");
    data[size++] = (uint8_t)label;
    memcpy(data + size, at, label);
    size += label;
    at += label;
  }
  data[size++] = 0;
  if (q->type == ns_t_ptr || q->type == ns_t_any) put_record(w, ns_t_ptr, data, size);
  return ns_r_noerror;
}

static void put_extension(struct writer *w, u32 extended_code) {
  uint8_t *at = w->out + w->used;
  memset(at, 0, OPT_SIZE);
  put16(at + 1, ns_t_opt);
  put16(at + 3, DNS_MESSAGE_MAX);
  at[5] = (uint8_t)extended_code;
  put16(w->out + ADDITIONAL, 1);
  w->used += OPT_SIZE;
}

static u32 answer(const struct network *n, const struct question *q, struct writer *w) {
  if (q->class != ns_c_in && q->class != ns_c_any) return ns_r_refused;
  size_t length = strlen(q->name);
  bool reverse = length > 5 && strcasecmp(q->name + length - 5, ".arpa") == 0;
  return reverse ? answer_reverse(n, q, w) : answer_addresses(n, q, w);
}

size_t dns_answer(const struct network *n, const uint8_t *query, size_t size, bool datagram, uint8_t out[DNS_MESSAGE_MAX]) {
  if (size < HEAD || size > DNS_MESSAGE_MAX || (get16(query + FLAGS) & RESPONSE)) return 0;
  struct question q;
  struct extension extension = {.present = false};
  u32 flags = get16(query + FLAGS), code = ns_r_noerror;
  struct writer w = {.out = out, .used = HEAD};
  memset(out, 0, HEAD);
  memcpy(out, query, 2);
  if ((flags & OPCODE) != 0) {
    code = ns_r_notimpl;
  } else if (get16(query + QUESTIONS) != 1 || !read_question(query, size, &q) || !read_extension(query, size, q.end, &extension)) {
    code = ns_r_formerr;
  } else {
    memcpy(out + HEAD, query + HEAD, q.end - HEAD); /* as it was asked, capitals included */
    put16(out + QUESTIONS, 1);
    w.used = q.end;
    size_t most = !datagram ? DNS_MESSAGE_MAX : extension.size > PLAIN_MAX ? extension.size : PLAIN_MAX;
    if (most > DNS_MESSAGE_MAX) most = DNS_MESSAGE_MAX;
    w.room = most - OPT_SIZE;
    if (extension.version == 0) code = answer(n, &q, &w);
    if (extension.present) put_extension(&w, extension.version ? VERSION_BAD : 0);
  }
  put16(out + ANSWERS, w.answers);
  put16(out + FLAGS, RESPONSE | (flags & (OPCODE | DESIRED | CHECKED)) | AUTHORITATIVE | AVAILABLE | (w.cut ? TRUNCATED : 0) | code);
  return w.used;
}
