/* SPDX-License-Identifier: MIT
 * TCP: what a unix stream answers differently. The data path itself is libc's; these correct what it said. All >= 0 or -errno. */
#ifndef STREAM_H
#define STREAM_H

#include "sock.h"

/* A data call on fd failed with `error` (-errno): the error of a TCP socket. Sending to nobody raises SIGPIPE unless flags say MSG_NOSIGNAL. */
long stream_receive_error(struct sock *s, long error, int flags);
long stream_send_error(long error, int flags);

/* As recvmsg(2), for the flags and headers that a unix stream treats in another way: no address, no control data of unix sockets,
 * MSG_TRUNC discards, MSG_ERRQUEUE is empty. */
long stream_receive(int fd, struct sock *s, struct msghdr *message, int flags);
/* As sendmsg(2): the address counts for MSG_FASTOPEN only, control data is checked as TCP checks it and goes nowhere. */
long stream_send(int fd, const struct msghdr *message, int flags);

#endif
