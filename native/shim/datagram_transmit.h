/* SPDX-License-Identifier: MIT
 * One datagram on its way to one name. A unix datagram socket tells the sender whether the receiver is there and has room; UDP never does. */
#ifndef DATAGRAM_TRANSMIT_H
#define DATAGRAM_TRANSMIT_H

#include <errno.h>

#include "courier.h"
#include "sock.h"

struct capture_datagram;
struct datagram_said;

/* One datagram, in the kernel's terms. */
struct parcel {
  struct msghdr message; /* addressed to a unix name, or to none when the kernel knows the peer */
  const struct address *to;
  const struct courier_label *label; /* what the receiver would not know by itself; NULL: nothing */
  bool is_sent_as;                   /* the label's source is not the sender's own name */
  int flags;
  size_t size;
  struct capture_datagram *capture;
};

/* What a send answers when there is no receiver. */
static inline bool datagram_is_nobody(long result) {
  return result == -ENOENT || result == -ENOTDIR || result == -ECONNREFUSED || result == -EPROTOTYPE;
}

/* The size, or what the kernel answered. An -EAGAIN is for a non-blocking sender whose receiver's queue is full. */
long datagram_transmit(int fd, struct sock *s, const struct parcel *p);
/* To the name of its address; of several sockets there, to the one that hears this sender. */
long datagram_to_name(int fd, struct sock *s, struct parcel *p);
/* To the peer that the kernel mostly knows. */
long datagram_to_peer(int fd, struct sock *s, struct parcel *p);
/* In a plain wrapper: to every host that has the port, as the reference does; the errors of single hosts are nobody's. */
void datagram_to_hosts(int fd, struct sock *s, const struct parcel *p);

/* Under somebody's label, to one name. The size, or -errno. */
long datagram_by_courier(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to,
                         const struct msghdr *message, size_t size);
/* What a courier must say of a datagram that s sends to `to`. 0 or -errno. */
int datagram_label(int fd, struct sock *s, const struct address *to, struct courier_label *out);
/* The same with what was said with the datagram, if that is not what the receiver finds in the registry, and the receiver would know a courier.
 * NEAR_LOOPBACK: its source is not the sender's own name. */
bool datagram_needs_label(int fd, struct sock *s, const struct wire_info *info, const struct address *to, const struct datagram_said *said,
                          struct courier_label *out);

#endif
