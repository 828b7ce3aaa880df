/* SPDX-License-Identifier: MIT
 * TCP: what a unix stream answers differently. The data path itself is libc's; these correct what it said. All >= 0 or -errno. */
#ifndef STREAM_H
#define STREAM_H

#include "sock.h"

/* What this process knows of a stream beyond its info (sock.edge). */
enum {
  EDGE_CONNECTING = 1, /* connect was answered EINPROGRESS and succeeded; the next connect hears 0 */
  EDGE_REFUSED = 2,    /* connect was answered EINPROGRESS and failed */
  EDGE_RESET = 4,      /* the connection is over: a reset was reported, or provoked by the first write after the peer's end */
  EDGE_ENDED = 16,     /* the peer's end was read: what comes later is no reset for readers */
  EDGE_TAKEN = 32,     /* consume.h: this process has taken input since it made, accepted or received the connection */
  EDGE_PAST = 64,      /* was bound after the end of its connection: neither listens nor connects until it is disconnected */
  EDGE_HARD = 8,       /* SO_LINGER with no time: its close is a reset for the peer */
};

/* A data call on fd failed with `error` (-errno): the error of a TCP socket. */
long stream_receive_error(int fd, struct sock *s, long error, int flags);
/* A read of at least one byte answered 0: the peer's end, or its reset. */
long stream_receive_end(struct sock *s);
/* Sending `size` bytes failed: the error of a TCP socket, or `size` where TCP takes the bytes and nobody reads them. Raises SIGPIPE unless
 * flags say MSG_NOSIGNAL; `raised`: the kernel has done so for its EPIPE. */
long stream_send_error(int fd, struct sock *s, long error, size_t size, int flags, bool raised);

/* As recvmsg(2), for the flags and headers that a unix stream treats in another way: no address, no control data of unix sockets,
 * MSG_TRUNC discards, MSG_ERRQUEUE is empty. */
long stream_receive(int fd, struct sock *s, struct msghdr *message, int flags);
/* As sendmsg(2): the address counts for MSG_FASTOPEN only, control data is checked as TCP checks it and goes nowhere. */
long stream_send(int fd, struct sock *s, const struct msghdr *message, int flags);

/* What SO_ERROR reports, taken: 0 or -errno. */
int stream_take_error(int fd, struct sock *s);
/* TCP_ESTABLISHED ... of <netinet/tcp.h>, from what both ends have shut down. */
int stream_state(int fd, const struct sock *s);

/* connect on a socket that may have been connected before. 1: nothing of an earlier connect is in the way; else the answer. */
int stream_connect_again(int fd, struct sock *s);
/* The connect itself, to a name. */
int stream_connect_name(int fd, const struct network *n, const struct sockaddr_un *to);
/* What connect(2) tells the program of `result`: a non-blocking one hears the outcome by poll and SO_ERROR. */
int stream_connect_answer(int fd, struct sock *s, int result);
/* connect(AF_UNSPEC). */
int stream_disconnect(int fd, struct sock *s);
/* tcp_disconnect: a port that the program did not choose is let go, and a shutdown is forgotten. getsockname goes on to tell the port.
 * `in_place`: what has a port of its program's choice may stay what it is. NULL: not possible. */
struct sock *stream_begin_anew(int fd, struct sock *s, bool in_place);
/* The descriptors of s get a new socket, with the same options and the address that the program chose, which has another port when the old one
 * was let go. NULL: not possible. */
struct sock *stream_renew(int fd, struct sock *s);
/* The same, for a socket that bind(2) is about to give an address: a shutdown of it stays, and it shows its old port if that fails. */
struct sock *stream_renew_unbound(int fd, struct sock *s);
/* A connection that is over has let go of a port that was not asked for: bind(2) takes another one. */
bool stream_has_ended(int fd, const struct sock *s);
/* Has a name that no other socket may find: a refused connect has left it, and has let go of the port. */
static inline bool stream_has_left_name(const struct sock *s) {
  return s->info.type == SOCK_STREAM && s->info.state == STATE_open && (s->info.flags & (FLAG_autobound | FLAG_chosenPort));
}
/* The closer of `info` resets the connection: its peer will be told. */
void stream_reset_peer(const struct network *n, const struct wire_info *info);

#endif
