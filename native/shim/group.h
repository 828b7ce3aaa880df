/* SPDX-License-Identifier: MIT
 * Several sockets on one address (SO_REUSEADDR, SO_REUSEPORT). The first has the address's plain name. When a second one joins, the first
 * also gets the name <plain>00, the plain name becomes a symbolic link to one of them, the second binds <plain>01, and so on: a connect
 * follows the link, of the reference's processes as well. Which options a socket has set stands in the mode of its file, so that every
 * process can read it. All changes are made under the directory's lock. Results are >= 0 or -errno. Signal-safe: yes. */
#ifndef GROUP_H
#define GROUP_H

#include "network.h"

struct sock;

/* The options of an unbound socket, for the mode of its file. */
void group_mark(int fd, bool reuse_address, bool reuse_port);

/* Under the lock, for a name that is taken: 0 when its owner is dead and it is free now; the number (>= 1) under which fd was bound beside the
 * others, if the options of all allow it; else -EADDRINUSE. */
int group_join(int fd, const struct network *n, const struct name *plain);
/* listen(2), if the others at the address allow it; from then on connects find this one. `number`: the socket's shareNumber. */
int group_listen(int fd, const struct network *n, const struct name *plain, u32 number);
/* connect(2) of a stream: passes over dead members, and the next connect goes to the next of those with SO_REUSEPORT. */
int group_connect(int fd, const struct network *n, const struct sockaddr_un *plain, socklen_t length);
/* After a refusal: passes over dead members. True when the one that refused was dead, and another one listens, or hears datagrams. */
bool group_repair(const struct network *n, const struct sockaddr_un *plain);
/* The next connect goes to the next member with SO_REUSEPORT. */
void group_turn(const struct network *n, const struct sockaddr_un *plain);

/* True when the plain name leads to a group. */
bool group_exists(const struct sockaddr_un *plain);
/* The file of the member; without a group the plain name. */
void group_file(const struct sockaddr_un *plain, u32 number, char *out);
/* Under the lock: the member's file goes. True when it was the last one: the plain name is gone, too. */
bool group_leave(const struct network *n, const struct sockaddr_un *plain, u32 number);

#endif
