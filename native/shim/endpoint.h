/* SPDX-License-Identifier: MIT
 * Names in the directory: taking one for a socket, EADDRINUSE, removal by the last holder. */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include "sock.h"

/* Binds fd to `a` (port 0: an ephemeral one) and writes the result into s->info. Returns 0 or -errno (EADDRINUSE when a live socket has the
 * name; the name of a dead one is taken over). */
int endpoint_bind(int fd, struct sock *s, const struct address *a);
/* Gives an unbound socket the name it needs to be recognised by its peer: before connect, listen and the first datagram.
 * `toward`: the destination (decides loopback or outside), NULL for none. */
int endpoint_autobind(int fd, struct sock *s, const struct address *toward);
/* The file of a bound socket's own, which nobody else of its address has. False: it has none. */
bool endpoint_name(const struct network *n, const struct wire_info *info, struct sockaddr_un *out, socklen_t *length);
/* Bound to a multicast group or, in a network, to a broadcast address: it has one name of its own, of another kind (multicast.h). */
bool endpoint_is_group(const struct wire_info *info, const struct address *a);
/* Writes what others must know of an unbound socket into the mode of its file to be. `any`: it will be bound to the unspecified address. */
void endpoint_mark(int fd, const struct sock *s, bool any);
/* listen(2) of a bound socket, with the others at its address in mind. */
int endpoint_listen(int fd, struct sock *s);
/* Names that can only be judged once the descriptor is closed. */
struct endpoint_remains {
  struct network *network; /* NULL: nothing remains */
  struct wire_info info;
};

/* The last reference of this process is going. `open`: its descriptor still holds the socket, so the names of a socket that nobody else can
 * hold are removed at once (while it is open nobody takes them over); else, and for shared sockets, they become `remains`. */
void endpoint_release(struct sock *s, const struct wire_info *info, bool open, struct endpoint_remains *remains);
/* A stream that lives on leaves its names to others, if it is this process's alone. */
void endpoint_leave_names(int fd, struct sock *s);
/* Removes names whose socket is gone, under the directory's lock. */
void endpoint_reap(const struct endpoint_remains *remains);
/* Turns fd into a real inet socket of the same family, type and flags, for a passthrough address, and forgets it. 0 or -errno. */
int endpoint_leave(int fd, struct sock *s);
/* Makes a descriptor that was open before us ours again: from the kernel's names and the registry. NULL when it is not a socket of the network. */
struct sock *endpoint_recover(int fd, struct network *network);
/* Tells the journal of a socket that was recovered. */
void endpoint_found(int fd, struct sock *s);
/* The same for a shared socket without a registry: what another holder did since (bind, listen, connect) is learnt from the kernel's names. */
void endpoint_refresh(int fd, struct sock *s);
/* Stores the info in the registry as a new version (first time: cookie and inode are asked of the kernel). */
void endpoint_publish(int fd, struct sock *s);
/* endpoint_publish, and a record in the journal. */
void endpoint_record(int fd, struct sock *s, enum wire_op op, long result, u32 detail);

#endif
