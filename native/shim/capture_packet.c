/* SPDX-License-Identifier: MIT */
#include "capture_packet.h"

#include <netinet/in.h>
#include <string.h>

enum { V4_HEAD = 20, V6_HEAD = 40, TCP_HEAD = 20, IP_SIZE_MAX = 65535, V6_MTU = 65535, ICMP_V4_MAX = 576, HOPS = 64 };
enum { WINDOW = 65535, WINDOW_SCALE = 7, ICMP_UNREACHABLE = 3, ICMP_PORT = 3, ICMP6_UNREACHABLE = 1, ICMP6_PORT = 4 };

static uint8_t *put16(uint8_t *at, u32 value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = (uint8_t)value;
  return at + 2;
}

static uint8_t *put32(uint8_t *at, u32 value) { return put16(put16(at, value >> 16), value & 0xffff); }

/* RFC 1071. `odd`: the next byte is the second one of its word. */
struct sum {
  u64 total;
  bool odd;
};

static void sum_add(struct sum *s, const uint8_t *bytes, size_t size) {
  if (s->odd && size) {
    s->total += *bytes++;
    s->odd = false;
    size--;
  }
  for (; size >= 2; size -= 2, bytes += 2) s->total += (u32)bytes[0] << 8 | bytes[1];
  if (size) {
    s->total += (u32)*bytes << 8;
    s->odd = true;
  }
}

static u16 sum_end(const struct sum *s) {
  u64 total = s->total;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return (u16)~total;
}

static bool is_v6(const struct address *from, const struct address *to) { return !address_is_v4(from) || !address_is_v4(to); }

/* Sum of the pseudo header (RFC 9293, RFC 8200), the head behind the one of IP, and the data. */
static u16 checksum(const struct address *from, const struct address *to, int protocol, const uint8_t *head, size_t head_size,
                    const struct packet_data *data) {
  struct sum sum = {.total = (u64)protocol + head_size + data->size};
  size_t skip = is_v6(from, to) ? 0 : 12;
  sum_add(&sum, from->bytes + skip, 16 - skip);
  sum_add(&sum, to->bytes + skip, 16 - skip);
  sum_add(&sum, head, head_size);
  for (int i = 0; i < data->count; i++) sum_add(&sum, data->parts[i].iov_base, data->parts[i].iov_len);
  return sum_end(&sum);
}

/* `size`: what follows. Returns the size of the head. */
static size_t put_ip(uint8_t *head, const struct address *from, const struct address *to, int protocol, size_t size) {
  if (is_v6(from, to)) {
    uint8_t *at = put32(head, 6u << 28);
    at = put16(at, (u32)size);
    *at++ = (uint8_t)protocol;
    *at++ = HOPS;
    memcpy(at, from->bytes, 16);
    memcpy(at + 16, to->bytes, 16);
    return V6_HEAD;
  }
  uint8_t *at = put16(head, 0x4500);
  at = put16(at, (u32)(V4_HEAD + size));
  at = put16(at, 0);      /* no fragment, so no identification (RFC 6864) */
  at = put16(at, 0x4000); /* don't fragment */
  *at++ = HOPS;
  *at++ = (uint8_t)protocol;
  uint8_t *sum_at = at;
  at = put16(at, 0);
  memcpy(at, from->bytes + 12, 4);
  memcpy(at + 4, to->bytes + 12, 4);
  struct sum sum = {0};
  sum_add(&sum, head, V4_HEAD);
  put16(sum_at, sum_end(&sum));
  return V4_HEAD;
}

size_t packet_segment_max(const struct address *from, const struct address *to) {
  return is_v6(from, to) ? V6_MTU - V6_HEAD - TCP_HEAD : IP_SIZE_MAX - V4_HEAD - TCP_HEAD;
}

size_t packet_tcp(uint8_t *head, const struct packet_tcp *t, const struct packet_data *data) {
  bool syn = t->flags & TCP_SYN;
  size_t size = syn ? TCP_HEAD + 8 : TCP_HEAD;
  size_t ip = put_ip(head, &t->from, &t->to, IPPROTO_TCP, size + data->size);
  uint8_t *tcp = head + ip, *at = put16(put16(tcp, t->from.port), t->to.port);
  at = put32(put32(at, t->sequence), t->flags & TCP_ACK ? t->acknowledged : 0);
  *at++ = (uint8_t)(size / 4 << 4);
  *at++ = t->flags;
  at = put16(at, t->flags & TCP_RST ? 0 : WINDOW);
  uint8_t *sum_at = at;
  at = put16(put16(at, 0), t->flags & TCP_URG ? (u32)data->size : 0);
  if (syn) {
    at = put16(put16(at, 0x0204), (u32)packet_segment_max(&t->from, &t->to));
    put32(at, 0x01030300 | WINDOW_SCALE); /* one byte of padding, kind 3, length 3 */
  }
  put16(sum_at, checksum(&t->from, &t->to, IPPROTO_TCP, tcp, size, data));
  return ip + size;
}

size_t packet_udp(uint8_t *head, const struct address *from, const struct address *to, const struct packet_data *data) {
  size_t ip = put_ip(head, from, to, IPPROTO_UDP, PACKET_UDP_HEAD + data->size);
  uint8_t *udp = head + ip, *at = put16(put16(udp, from->port), to->port);
  at = put16(at, (u32)(PACKET_UDP_HEAD + data->size));
  put16(at, 0);
  u16 sum = checksum(from, to, IPPROTO_UDP, udp, PACKET_UDP_HEAD, data);
  put16(at, sum ? sum : 0xffff); /* 0 would mean "none" (RFC 768) */
  return ip + PACKET_UDP_HEAD;
}

static size_t copy_out(uint8_t *to, const struct packet_data *data, size_t room) {
  size_t done = 0;
  for (int i = 0; i < data->count && done < room; i++) {
    size_t part = data->parts[i].iov_len < room - done ? data->parts[i].iov_len : room - done;
    if (part) memcpy(to + done, data->parts[i].iov_base, part);
    done += part;
  }
  return done;
}

size_t packet_port_unreachable(uint8_t *out, const struct address *from, const struct address *to, const struct packet_data *data) {
  static const struct packet_data none = {0};
  bool v6 = is_v6(from, to);
  size_t most = v6 ? PACKET_QUOTE_MAX : ICMP_V4_MAX; /* RFC 4443, RFC 1812 */
  uint8_t quote[PACKET_QUOTE_MAX];
  size_t quoted = packet_udp(quote, from, to, data);
  size_t head = (v6 ? V6_HEAD : V4_HEAD) + 8;
  quoted += copy_out(quote + quoted, data, most - head - quoted);
  size_t ip = put_ip(out, to, from, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, 8 + quoted);
  uint8_t *icmp = out + ip;
  memset(icmp, 0, 8);
  icmp[0] = v6 ? ICMP6_UNREACHABLE : ICMP_UNREACHABLE;
  icmp[1] = v6 ? ICMP6_PORT : ICMP_PORT;
  memcpy(icmp + 8, quote, quoted);
  struct sum sum = {0};
  sum_add(&sum, icmp, 8 + quoted);
  put16(icmp + 2, v6 ? checksum(to, from, IPPROTO_ICMPV6, icmp, 8 + quoted, &none) : sum_end(&sum));
  return ip + 8 + quoted;
}

struct packet_data packet_part(const struct packet_data *data, size_t offset, size_t size, struct iovec *out, int room) {
  struct packet_data part = {.parts = out};
  for (int i = 0; i < data->count && part.count < room && part.size < size; i++) {
    struct iovec v = data->parts[i];
    if (offset >= v.iov_len) {
      offset -= v.iov_len;
      continue;
    }
    v.iov_base = (uint8_t *)v.iov_base + offset;
    v.iov_len -= offset;
    offset = 0;
    if (v.iov_len > size - part.size) v.iov_len = size - part.size;
    part.size += v.iov_len;
    out[part.count++] = v;
  }
  return part;
}
