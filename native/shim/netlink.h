/* SPDX-License-Identifier: MIT
 * rtnetlink(7) in a network: who asks for links, addresses and routes hears of the host's own. The socket is the kernel's. A question of
 * these goes to the kernel as a control message, which it only acknowledges; so the socket is readable as it would be, and whoever reads gets
 * the answer in the acknowledgement's place. All >= 0 or -errno. */
#ifndef NETLINK_H
#define NETLINK_H

#include <stdbool.h>
#include <sys/socket.h>

long netlink_send(int fd, const struct msghdr *message, int flags);
long netlink_receive(int fd, struct msghdr *message, int flags);

#endif
