/* SPDX-License-Identifier: MIT
 * A number that was a socket becomes something else: each maker of descriptors, after each way of closing. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "transcript.h"

enum { MAKERS = 11, WAYS = 6 };
static const char *makers[] = {"open",           "pipe",     "pipe2",         "eventfd",    "memfd_create", "epoll_create1",
                               "timerfd_create", "signalfd", "inotify_init1", "socketpair", "raw eventfd2"};
static const char *ways[] = {"close", "close_range", "closefrom", "raw close", "raw close_range", "dup3 over it"};

static int make(int maker, int *spare) {
  int fds[2] = {-1, -1};
  sigset_t none;
  sigemptyset(&none);
  switch (maker) {
    case 0: return open("/dev/zero", O_RDWR);
    case 1: must(pipe(fds) == 0); break;
    case 2: must(pipe2(fds, O_NONBLOCK) == 0); break;
    case 3: return eventfd(0, 0);
    case 4: return memfd_create("m", 0);
    case 5: return epoll_create1(0);
    case 6: return timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    case 7: return signalfd(-1, &none, SFD_NONBLOCK);
    case 8: return inotify_init1(IN_NONBLOCK);
    case 9: must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0); break;
    default: return (int)syscall(SYS_eventfd2, 0, EFD_NONBLOCK);
  }
  *spare = fds[1];
  return fds[0];
}

static void drop(int way, int fd) {
  switch (way) {
    case 0: must(close(fd) == 0); break;
    case 1: must(close_range((unsigned)fd, (unsigned)fd, 0) == 0); break;
    case 2: closefrom(fd); break;
    case 3: must(syscall(SYS_close, fd) == 0); break;
    case 4: must(syscall(SYS_close_range, fd, fd, 0) == 0); break;
    default: must(dup3(STDOUT_FILENO, fd, O_CLOEXEC) == fd && syscall(SYS_close, fd) == 0);
  }
}

static void run(int family) {
  for (int way = 0; way < WAYS; way++) {
    for (int maker = 0; maker < MAKERS; maker++) {
      int type = (way + maker) & 1 ? SOCK_STREAM : SOCK_DGRAM, was = bound(family, type, "was"), spare = -1;
      drop(way, was);
      int fd = make(maker, &spare);
      struct name n = {.length = sizeof n.at};
      int number = 0;
      socklen_t length = sizeof number;
      const char *named = getsockname(fd, sa(&n), &n.length) < 0 ? strerrorname_np(errno) : text(&n);
      say("%s, %s: same number %d, getsockname %s", ways[way], makers[maker], fd == was, named);
      say("  SO_DOMAIN %s %d", getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &number, &length) < 0 ? strerrorname_np(errno) : "ok", number);
      char bytes[2000];
      ssize_t put = write(fd, bytes, sizeof bytes);
      say("  write %zd %s", put, put < 0 ? strerrorname_np(errno) : "");
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
      ssize_t got = read(fd, bytes, sizeof bytes);
      say("  read %s", got < 0 ? strerrorname_np(errno) : "ok");
      close(fd);
      if (spare >= 0) close(spare);
    }
  }
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  each_family(run);
  say("end");
}
