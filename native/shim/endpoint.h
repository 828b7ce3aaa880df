/* SPDX-License-Identifier: MIT
 * Names in the directory: taking one for a socket, EADDRINUSE, removal by the last holder. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "sock.h"

/* Binds fd to `a` (port 0: an ephemeral one) and writes the result into s->info. Returns 0 or -errno (EADDRINUSE when a live socket has the
 * name; the name of a dead one is taken over). `holder`: pid of the process that has the name, 0 when unknown; may be NULL. */
int endpoint_bind(int fd, struct sock *s, const struct address *a, u32 *holder);
/* Gives an unbound socket the name it needs to be recognised by its peer: before connect, listen and the first datagram.
 * `toward`: the destination (decides loopback or outside), NULL for none. */
int endpoint_autobind(int fd, struct sock *s, const struct address *toward);
/* The last reference of this process is going: removes the names that nobody else holds. Called before close(2). */
void endpoint_release(struct sock *s, const struct wire_info *info);
/* Makes a descriptor that was open before us ours again: from the kernel's names and the registry. NULL when it is not a socket of the network. */
struct sock *endpoint_recover(int fd, struct network *network);
/* Stores the info in the registry (first time: cookie and inode are asked of the kernel) and journals `op`. */
void endpoint_record(int fd, struct sock *s, enum wire_op op, long result, u32 detail);

#endif
