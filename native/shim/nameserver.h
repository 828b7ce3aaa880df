/* SPDX-License-Identifier: MIT
 * The network's name server, for programs that speak DNS themselves. It is on port 53 of the loopback and of every address outside of the
 * network, so whatever /etc/resolv.conf or a program names is reached; a server of the user's on port 53 of a loopback goes first.
 * There is no process and no thread: the sender's own shim answers, before its send returns. */
#ifndef NAMESERVER_H
#define NAMESERVER_H

#include "sock.h"

bool nameserver_is_at(const struct network *n, const struct address *a);
/* A datagram of `size` bytes to the name server: the answer lies in the socket's queue afterwards. Returns `size`. */
long nameserver_datagram(int fd, const struct network *n, const struct msghdr *query, const struct address *to, size_t size);
/* Connects a stream to the name server. 0 or -errno. */
int nameserver_connect(int fd, struct sock *s);
/* Answers what was written to such a stream. */
void nameserver_answer(struct sock *s);
/* The stream will say no more, or its last descriptor in this process is going. */
void nameserver_end(struct sock *s);

#endif
