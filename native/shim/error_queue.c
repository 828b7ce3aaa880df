/* SPDX-License-Identifier: MIT */
#include "error_queue.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "control.h"
#include "kernel.h"

/* What ICMP quotes of a datagram: a packet of 576 bytes for IPv4 (RFC 1812), of 1280 for IPv6 (RFC 4443), less all heads. */
enum { QUOTE_V4 = 576 - 20 - 8 - 20 - 8, QUOTE_V6 = 1280 - 40 - 8 - 40 - 8, ERRORS_MAX = 16 };

struct error {
  struct address to;
  size_t size;
  uint8_t bytes[QUOTE_V6];
};
struct error_queue {
  u32 count;
  struct error errors[ERRORS_MAX];
};

/* Whoever works on it has taken it out of the slot: another thread meanwhile finds none. */
static struct error_queue *take_out(struct sock *s) { return atomic_exchange(&s->errors, NULL); }

static void put_back(struct sock *s, struct error_queue *q) {
  struct error_queue *other = q->count ? atomic_exchange(&s->errors, q) : q;
  if (other) kernel_call(SYS_munmap, (long)other, sizeof *other, 0, 0, 0, 0);
}

void error_queue_add(struct sock *s, const struct address *to, const struct msghdr *message) {
  struct error_queue *q = take_out(s);
  if (!q) {
    long at = kernel_call(SYS_mmap, 0, sizeof *q, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at < 0 && at >= -4095) return;
    q = (struct error_queue *)at;
  }
  if (q->count < ERRORS_MAX) {
    struct error *e = &q->errors[q->count++];
    size_t room = address_is_v4(to) ? QUOTE_V4 : QUOTE_V6;
    *e = (struct error){.to = *to};
    for (size_t i = 0; i < message->msg_iovlen && room; i++) {
      size_t length = message->msg_iov[i].iov_len < room ? message->msg_iov[i].iov_len : room;
      if (length) memcpy(e->bytes + e->size, message->msg_iov[i].iov_base, length);
      e->size += length;
      room -= length;
    }
  }
  put_back(s, q);
}

/* ip_recv_error and ipv6_recv_error. */
static void put_control(const struct error *e, int family, struct control_writer *writer) {
  struct address offender = e->to;
  offender.port = 0;
  bool v4 = address_is_v4(&e->to);
  struct {
    struct sock_extended_err ee;
    union {
      struct sockaddr_in in;
      struct sockaddr_in6 in6;
    } from;
  } said = {.ee = {.ee_errno = ECONNREFUSED,
                   .ee_origin = v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6,
                   .ee_type = v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH,
                   .ee_code = v4 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT}};
  socklen_t length = sizeof said.from;
  address_write(&offender, family, (struct sockaddr *)&said.from, &length);
  control_put(writer, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &said,
              sizeof said.ee + length);
}

long error_queue_take(struct sock *s, struct msghdr *message) {
  struct error_queue *q = take_out(s);
  if (!q) return -EAGAIN;
  struct error e = q->errors[0];
  memmove(q->errors, q->errors + 1, --q->count * sizeof *q->errors);
  put_back(s, q);
  size_t copied = 0;
  for (size_t i = 0; i < message->msg_iovlen && copied < e.size; i++) {
    size_t length = message->msg_iov[i].iov_len < e.size - copied ? message->msg_iov[i].iov_len : e.size - copied;
    if (length) memcpy(message->msg_iov[i].iov_base, e.bytes + copied, length);
    copied += length;
  }
  int family = s->info.family;
  struct control_writer writer = {.at = message->msg_control, .room = message->msg_control ? message->msg_controllen : 0};
  size_t room = writer.room;
  if (message->msg_name) address_write(&e.to, family, message->msg_name, &message->msg_namelen);
  put_control(&e, family, &writer);
  message->msg_controllen = room - writer.room;
  message->msg_flags = MSG_ERRQUEUE | writer.flags | (copied < e.size ? MSG_TRUNC : 0);
  return (long)copied;
}

void error_queue_drop(struct sock *s) {
  struct error_queue *q = error_queue_waits(s) ? take_out(s) : NULL;
  if (q) kernel_call(SYS_munmap, (long)q, sizeof *q, 0, 0, 0, 0);
}
