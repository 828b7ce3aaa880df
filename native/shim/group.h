/* SPDX-License-Identifier: MIT
 * Several sockets on one address (SO_REUSEADDR, SO_REUSEPORT). The first has the address's plain name. When a second one joins, the first
 * also gets the name <plain>00, the plain name becomes a symbolic link to one of them, the second binds <plain>01, and so on: a connect
 * follows the link, of the reference's processes as well. A socket that has the plain name as one of several (names.h) is the member <plain>FF,
 * a link to its real name. Which options a socket has set stands in the mode of its file, so that every process can read it. All changes are
 * made under the directory's lock. Results are >= 0 or -errno. Signal-safe: yes. */
#ifndef GROUP_H
#define GROUP_H

#include "network.h"

/* Of an unbound socket, for the mode of its file. `any`: it will be bound to the unspecified address; `v6_only`: and hear nothing of IPv4. */
struct group_options {
  bool address, port, any, v6_only;
};
void group_mark(int fd, const struct group_options *o);

/* Under the lock, for a name that is taken: 0 when its owner is dead and it is free now; the number (>= 1) under which fd was bound beside the
 * others, if the options of all allow it; else -EADDRINUSE. */
int group_join(int fd, const struct network *n, const struct name *plain);
/* Under the lock: fd, whose real name `link` leads to, answers at a name that others have, where they do not. 0; 1: a wider socket is there
 * already; -EADDRINUSE when the options of all do not allow it. */
int group_widen(int fd, const struct network *n, const char *plain, const char *link);
/* Under the lock: 0, or -EADDRINUSE when the options of those at a name do not allow fd beside them. `any_only`: only those count that are
 * bound to the unspecified address. */
int group_check(int fd, const struct network *n, const char *plain, bool to_listen, bool any_only);
/* Under the lock: listen(2), if the others at the address allow it; from then on connects find this one. `number`: the socket's shareNumber. */
int group_listen(int fd, const struct network *n, const struct sockaddr_un *plain, u32 number);
/* Who answers at a name: its own name in `out`, or the plain one where all who have it would do. `needed`: marks without which a socket does not
 * answer; of a name that leads to a wider one, those that the wider one's sockets need for it are added. 0 or -errno: nobody does. */
int group_aim(const struct network *n, const char *plain, u32 needed, struct sockaddr_un *out);
/* The same before a connect or a datagram, where no group costs more than a look at a flag. */
int group_choose(const struct network *n, struct sockaddr_un *name);
/* connect(2) of a stream: passes over dead members, and the next connect goes to the next of those with SO_REUSEPORT. */
int group_connect(int fd, const struct network *n, const struct sockaddr_un *plain);
/* After a refusal: passes over dead members. True when the one that refused was dead, and another one listens, or hears datagrams. */
bool group_repair(const struct network *n, const struct sockaddr_un *plain);

/* True when the plain name leads to a group. */
bool group_exists(const struct sockaddr_un *plain);
/* The file of the member; without a group the plain name. */
void group_file(const struct sockaddr_un *plain, u32 number, char *out);
/* Under the lock: the member's file goes. True when it was the last one: the plain name is gone, too. */
bool group_leave(const struct network *n, const char *plain, u32 number);

#endif
