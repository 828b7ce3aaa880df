/* SPDX-License-Identifier: MIT
 * A sender of UDP has room, whoever does not read: poll and epoll say so, before each of its datagrams and after them. */
#include <sys/epoll.h>

#include "transcript.h"

enum { DEAF = 4, EACH = 8 };

static bool has_room(int fd, int epoll) {
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  struct epoll_event event;
  return poll(&p, 1, 100) == 1 && (p.revents & POLLOUT) && epoll_wait(epoll, &event, 1, 100) == 1;
}

static void flood(int family, size_t size) {
  static char bytes[60000];
  int sender = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), deaf[DEAF], epoll = epoll_create1(EPOLL_CLOEXEC), without = 0, sent = 0;
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, sender, &(struct epoll_event){.events = EPOLLOUT}) == 0);
  for (int i = 0; i < DEAF; i++) deaf[i] = bound(family, SOCK_DGRAM, "deaf");
  for (int i = 0; i < DEAF * EACH; i++) {
    struct name to = local_of(deaf[i % DEAF]);
    without += !has_room(sender, epoll);
    sent += sendto(sender, bytes, size, MSG_DONTWAIT, sa(&to), to.length) == (ssize_t)size;
  }
  say("%zu bytes: sent %d of %d, without room %d times", size, sent, DEAF * EACH, without);
  say("room afterwards %d", has_room(sender, epoll));
  for (int i = 0; i < DEAF; i++) close(deaf[i]);
  close(sender);
  close(epoll);
}

static void run(int family) {
  size_t sizes[] = {100, 3000, 20000, 60000};
  for (int i = 0; i < 4; i++) flood(family, sizes[i]);
}

int main(void) {
  each_family(run);
  say("end");
}
