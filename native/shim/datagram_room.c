/* SPDX-License-Identifier: MIT */
#include "datagram_room.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "kernel_socket.h"
#include "table.h"

/* unix_writable: a quarter of SO_SNDBUF. What the kernel counts for a datagram is at most twice its bytes, and its own structures. */
enum { SHARE = 4, FACTOR = 2, STRUCTURES = 2048 };

void datagram_room_arm(int fd) {
  if (!(table_entry(fd) & TABLE_DATAGRAM)) return;
  struct sock *s = table_find(fd);
  if (s) atomic_store_explicit(&s->wants_room, true, memory_order_relaxed);
}

void datagram_room_arm_polls(const struct pollfd *polls, nfds_t count) {
  if (!atomic_load_explicit(&table_has_datagrams, memory_order_relaxed) || !polls) return;
  for (nfds_t i = 0; i < count && i < table_size; i++)
    if (polls[i].events & (POLLOUT | POLLWRNORM)) datagram_room_arm(polls[i].fd);
}

void datagram_room_arm_set(const fd_set *set, int count) {
  if (!atomic_load_explicit(&table_has_datagrams, memory_order_relaxed) || !set) return;
  for (int fd = 0; fd < count && fd < FD_SETSIZE; fd++)
    if (FD_ISSET(fd, set)) datagram_room_arm(fd);
}

bool datagram_room_ends(int fd, const struct sock *s, size_t size) {
  int waiting = 0, room = 0;
  socklen_t length = sizeof room;
  if (!atomic_load_explicit(&s->wants_room, memory_order_relaxed)) return false;
  if (kernel_ioctl(fd, SIOCOUTQ, &waiting) < 0 || kernel_getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, &length) < 0) return false;
  return ((size_t)waiting + FACTOR * size + STRUCTURES) * SHARE > (size_t)room;
}
