/* SPDX-License-Identifier: MIT
 * Registrations in epoll descriptors. The kernel keeps one for a number and the file behind it, so it is lost when the number gets another
 * file; here it moves along. Signal-safe: yes. */
#ifndef WATCH_H
#define WATCH_H

#include <sys/epoll.h>

enum { WATCHES_MAX = 16 };

struct watch {
  int epoll;
  struct epoll_event event;
};
struct watches {
  int count;
  struct watch at[WATCHES_MAX];
};

/* Takes the registrations of fd out of the epoll descriptors of this process. */
void watch_take(int fd, struct watches *out);
/* Makes them again, for what has the number fd now. */
void watch_give(int fd, const struct watches *watches);

#endif
