/* SPDX-License-Identifier: MIT
 * poll, select and epoll answer of our sockets what they answer of inet ones, so these only note who waits for input (consume.h), and for room to
 * send (datagram_room.h). */
#include "libc.h"

#include "consume.h"
#include "datagram_room.h"
#include "enter.h"

/* The C library declares that it only writes to them. */
static void arm(const struct pollfd *polls, nfds_t count) {
  __asm__("" : "+r"(polls) : : "memory");
  consume_arm_polls(polls, count);
  datagram_room_arm_polls(polls, count);
}

int __poll_chk(struct pollfd *polls, nfds_t count, int timeout, size_t room);
int __ppoll_chk(struct pollfd *polls, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room);
void __chk_fail(void) __attribute__((noreturn));

EXPORT int poll(struct pollfd *polls, nfds_t count, int timeout) {
  arm(polls, count);
  return libc.poll(polls, count, timeout);
}

EXPORT int ppoll(struct pollfd *polls, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  arm(polls, count);
  return libc.ppoll(polls, count, timeout, mask);
}

EXPORT int __poll_chk(struct pollfd *polls, nfds_t count, int timeout, size_t room) {
  if (room / sizeof *polls < count) __chk_fail();
  return poll(polls, count, timeout);
}

EXPORT int __ppoll_chk(struct pollfd *polls, nfds_t count, const struct timespec *timeout, const sigset_t *mask, size_t room) {
  if (room / sizeof *polls < count) __chk_fail();
  return ppoll(polls, count, timeout, mask);
}

EXPORT int select(int count, fd_set *restrict input, fd_set *restrict output, fd_set *restrict special, struct timeval *restrict timeout) {
  consume_arm_set(input, count);
  datagram_room_arm_set(output, count);
  return libc.select(count, input, output, special, timeout);
}

EXPORT int pselect(int count, fd_set *restrict input, fd_set *restrict output, fd_set *restrict special,
                   const struct timespec *restrict timeout, const sigset_t *restrict mask) {
  consume_arm_set(input, count);
  datagram_room_arm_set(output, count);
  return libc.pselect(count, input, output, special, timeout, mask);
}

EXPORT int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
  int result = libc.epoll_ctl(epoll, operation, fd, event);
  if (result == 0 && operation != EPOLL_CTL_DEL && (event->events & (EPOLLIN | EPOLLRDNORM))) consume_arm(fd);
  if (result == 0 && operation != EPOLL_CTL_DEL && (event->events & (EPOLLOUT | EPOLLWRNORM))) datagram_room_arm(fd);
  return result;
}
