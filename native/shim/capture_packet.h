/* SPDX-License-Identifier: MIT
 * IP packets as a capture shows them: heads with checksums, in front of bytes that stay where they are. Pure: no descriptors, no state. */
#ifndef CAPTURE_PACKET_H
#define CAPTURE_PACKET_H

#include <sys/uio.h>

#include "name.h"

/* 20 or 40 of IP, 20 of TCP, 8 of options (MSS and window scale). */
enum { PACKET_HEAD_MAX = 40 + 20 + 8, PACKET_QUOTE_MAX = 1280, PACKET_UDP_HEAD = 8 };
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };

/* Bytes in the program's memory. */
struct packet_data {
  const struct iovec *parts;
  int count;
  size_t size;
};

struct packet_tcp {
  struct address from, to;
  u32 sequence, acknowledged;
  uint8_t flags;
};

/* Bytes of data in one packet: the longest that the length field of IP counts (RFC 791, RFC 8200), as on Linux's loopback. */
size_t packet_segment_max(const struct address *from, const struct address *to);
/* Writes the head, returns its size. A SYN carries the segment size and the window scale. */
size_t packet_tcp(uint8_t *head, const struct packet_tcp *t, const struct packet_data *data);
size_t packet_udp(uint8_t *head, const struct address *from, const struct address *to, const struct packet_data *data);
/* The answer to a UDP packet for a port that nobody has: a whole packet in `out` (PACKET_QUOTE_MAX), which quotes the packet. */
size_t packet_port_unreachable(uint8_t *out, const struct address *from, const struct address *to, const struct packet_data *data);
/* The part of `data` from `offset` on, `size` bytes, with at most `room` parts in `out`; what does not fit is left out. */
struct packet_data packet_part(const struct packet_data *data, size_t offset, size_t size, struct iovec *out, int room);

#endif
