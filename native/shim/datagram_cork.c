/* SPDX-License-Identifier: MIT */
#include "datagram_cork.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "datagram.h"
#include "kernel.h"
#include "message.h"

enum { CONTROL_MAX = 1024 };

/* Where it goes, and what is said with it, is what the first message says. */
struct cork {
  struct sockaddr_storage name;
  socklen_t name_length;
  size_t control_length, size, limit;
  _Alignas(struct cmsghdr) uint8_t control[CONTROL_MAX];
  uint8_t bytes[0x10000];
};

static void drop(struct cork *c) {
  if (c) kernel_call(SYS_munmap, (long)c, sizeof *c, 0, 0, 0, 0);
}

static struct cork *begin(const struct msghdr *message, size_t limit) {
  if (message->msg_controllen > CONTROL_MAX || message->msg_namelen > sizeof(struct sockaddr_storage)) return NULL;
  long at = kernel_call(SYS_mmap, 0, sizeof(struct cork), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at < 0 && at >= -4095) return NULL;
  struct cork *c = (struct cork *)at;
  c->limit = limit;
  if (message->msg_name) memcpy(&c->name, message->msg_name, c->name_length = message->msg_namelen);
  if (message->msg_control) memcpy(c->control, message->msg_control, c->control_length = message->msg_controllen);
  return c;
}

static void gather(struct cork *c, const struct msghdr *message) {
  for (size_t i = 0; i < message->msg_iovlen; i++) {
    size_t length = message->msg_iov[i].iov_len;
    if (length) memcpy(c->bytes + c->size, message->msg_iov[i].iov_base, length);
    c->size += length;
  }
}

static long send_all(int fd, struct sock *s, struct cork *c, int flags) {
  struct iovec whole = {c->bytes, c->size};
  return datagram_send_whole(fd, s,
                             &(struct msghdr){.msg_name = c->name_length ? &c->name : NULL,
                                              .msg_namelen = c->name_length,
                                              .msg_iov = &whole,
                                              .msg_iovlen = 1,
                                              .msg_control = c->control_length ? c->control : NULL,
                                              .msg_controllen = c->control_length},
                             flags);
}

/* Whoever works on it has taken it out of the slot: another thread meanwhile finds none. */
long datagram_cork(int fd, struct sock *s, const struct msghdr *message, int flags, bool more) {
  size_t size = message_size(message);
  if (size > 0xffff) {
    if (s->info.family == AF_INET6) datagram_cork_drop(s); /* udp_sendmsg looks at once, udpv6_sendmsg when it adds */
    return -EMSGSIZE;
  }
  struct cork *c = atomic_exchange(&s->cork, NULL);
  if (!c) {
    long limit = datagram_check(fd, s, message, flags);
    if (limit < 0) return limit;
    c = begin(message, (size_t)limit);
    if (!c) return -ENOBUFS;
  }
  if (c->size + size > c->limit) { /* udp_flush_pending_frames */
    drop(c);
    return -EMSGSIZE;
  }
  gather(c, message);
  if (more) {
    drop(atomic_exchange(&s->cork, c));
    return (long)size;
  }
  long result = send_all(fd, s, c, flags);
  drop(c);
  return result < 0 ? result : (long)size;
}

void datagram_cork_flush(int fd, struct sock *s) {
  struct cork *c = atomic_exchange(&s->cork, NULL);
  if (c) send_all(fd, s, c, 0);
  drop(c);
}

void datagram_cork_drop(struct sock *s) {
  if (datagram_is_corked(s)) drop(atomic_exchange(&s->cork, NULL));
}
