/* SPDX-License-Identifier: MIT
 * UDP always has room to send. A unix socket counts what its receivers have not read yet, and poll calls it full: so once somebody has asked poll
 * or epoll whether a socket can send, it sends what would fill it by couriers, whose room is their own. Signal-safe: yes. */
#ifndef DATAGRAM_ROOM_H
#define DATAGRAM_ROOM_H

#include <poll.h>
#include <sys/select.h>

#include "sock.h"

/* Somebody waits for room to send. */
void datagram_room_arm(int fd);
void datagram_room_arm_polls(const struct pollfd *polls, nfds_t count);
void datagram_room_arm_set(const fd_set *set, int count);
/* True when `size` bytes more would leave poll without room. One load for a socket that nobody has asked for. */
bool datagram_room_ends(int fd, const struct sock *s, size_t size);

#endif
