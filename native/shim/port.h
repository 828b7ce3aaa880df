/* SPDX-License-Identifier: MIT
 * Ephemeral ports: the kernel's range, chosen without a look at the directory. */
#ifndef PORT_H
#define PORT_H

#include "names.h"
#include "sock.h"

/* An attempt at one port: names made, name taken. As names_take. */
typedef int port_bind(int fd, const struct sock *s, struct address *local, struct names *names, enum directory_users users);

/* The next free port. A name that is there counts as taken, and is never shared (inet_csk_find_open_port); only when all are, those of the
 * dead are looked for: one question to the kernel, not one for each name. -EADDRINUSE when all are taken by the living. */
int port_bind_free(int fd, const struct sock *s, struct address *local, struct names *names, port_bind *bind_at);

#endif
