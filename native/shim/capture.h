/* SPDX-License-Identifier: MIT
 * Records what goes over the network's sockets as IP packets, each once, by whoever sends; what a sender could not record (sendfile, stdio, a
 * program without the shim), by whoever reads it. The calls are for sockets of a network that is captured only; errno stays. */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "network.h"
#include "sock.h"

static inline bool capture_is_on(const struct sock *s) { return s->network->capture.path[0] != 0; }

/* SOCKET_WRAPPER_PCAP_FILE, or the file of a network whose arena says so. Constructor or network_open. */
void capture_configure(struct network *n, const char *file);
void capture_end(struct network *n);

/* TCP. Around connect(2), after accept(2), at shutdown(2), before the last descriptor of this process goes (-1: it has gone). */
void capture_connecting(int fd, struct sock *s, const struct address *to);
void capture_connected(int fd, struct sock *s, long result);
void capture_accepted(int fd, struct sock *s);
void capture_shutdown(int fd, struct sock *s, int how);
void capture_closing(int fd, struct sock *s);
/* The process ends. */
void capture_exit(void);
/* sendmsg(2) of a stream, recorded. >= 0 or -errno. */
long capture_send(int fd, const struct msghdr *message, int flags);
/* recvmsg(2) of a stream has answered `result`. */
void capture_received(int fd, struct sock *s, const struct msghdr *message, int flags, long result);

/* UDP. `recorded`: the datagram is in the capture already (a broadcast, which goes out several times). */
struct capture_datagram {
  const struct address *to;
  const struct msghdr *message;
  bool recorded;
};
/* sendmsg(2), recorded when the kernel has taken it. */
long capture_datagram_send(int fd, struct sock *s, struct capture_datagram *d, const struct msghdr *message, int flags);
/* One that was lost on the way, as UDP may; `refused`: nobody has the port. */
void capture_datagram_lost(struct sock *s, struct capture_datagram *d, bool refused);

#endif
