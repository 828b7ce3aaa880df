/* SPDX-License-Identifier: MIT
 * A unix socket stays what it once was: it keeps its name, its peer, its shutdown. Where TCP or UDP lets a socket begin anew, all descriptors
 * of this process get another one in its place. Another process that holds the old one keeps it. */
#ifndef RENEW_H
#define RENEW_H

#include "sock.h"

/* The new socket: open, with the old one's family, type and options, also in the epoll descriptors of this process. NULL: not possible. */
struct sock *renew(int fd, struct sock *s);

#endif
