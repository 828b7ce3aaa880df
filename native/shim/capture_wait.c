/* SPDX-License-Identifier: MIT
 * A send that waits cannot do so in sendmsg(2), which would give bytes away before they are in the capture. poll(2) ends with each signal
 * handler, where sendmsg goes on after one with SA_RESTART; so the signals that come are looked at before they are let through. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>

#include "capture_write.h"
#include "kernel.h"

enum { SIGNALS = 64 };

/* The kernel's struct sigaction, which libc's differs from. */
struct action {
  void (*handler)(int);
  unsigned long flags;
  void (*restorer)(void);
  u64 mask;
};

static bool goes_on_after(u64 signals) {
  for (int signal = 1; signal <= SIGNALS; signal++) {
    struct action action = {.flags = 0};
    if (!(signals >> (signal - 1) & 1)) continue;
    kernel_call(SYS_rt_sigaction, signal, 0, (long)&action, sizeof action.mask, 0, 0);
    if (action.handler != SIG_DFL && action.handler != SIG_IGN && !(action.flags & SA_RESTART)) return false;
  }
  return true;
}

int capture_wait(int fd) {
  struct timeval timeout = {0};
  socklen_t length = sizeof timeout;
  (void)kernel_getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &length);
  struct timespec limit = {timeout.tv_sec, timeout.tv_usec * 1000};
  bool limited = timeout.tv_sec || timeout.tv_usec;
  u64 all = ~0ull, mask = 0, pending = 0;
  kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&mask, sizeof all, 0, 0);
  u64 open = ~mask;
  int signals = (int)kernel_call(SYS_signalfd4, -1, (long)&open, sizeof open, SFD_CLOEXEC | SFD_NONBLOCK, 0, 0);
  struct pollfd polls[] = {{.fd = fd, .events = POLLOUT}, {.fd = signals, .events = POLLIN}};
  /* Without a descriptor for the signals they come through, and the wait ends. */
  int result =
      (int)kernel_call(SYS_ppoll, (long)polls, signals < 0 ? 1 : 2, limited ? (long)&limit : 0, signals < 0 ? (long)&mask : 0, 8, 0);
  if (signals >= 0) kernel_close(signals);
  if (result > 0 && polls[0].revents == 0) {
    kernel_call(SYS_rt_sigpending, (long)&pending, sizeof pending, 0, 0, 0, 0);
    /* socket(7): with a time-out nothing is restarted. */
    if (limited || !goes_on_after(pending & open)) result = -EINTR;
  }
  kernel_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask, 0, 0);
  return result == 0 ? -EAGAIN : result < 0 ? result : 0;
}
