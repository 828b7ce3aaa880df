/* SPDX-License-Identifier: MIT */
#include "signal_driven.h"

#include <poll.h>
#include <signal.h>

#include "kernel.h"

void signal_driven_copy(int from, int to) {
  struct f_owner_ex owner;
  if (kernel_fcntl(from, F_GETOWN_EX, (long)&owner) < 0 || !owner.pid) return;
  kernel_fcntl(to, F_SETOWN_EX, (long)&owner);
  kernel_fcntl(to, F_SETSIG, kernel_fcntl(from, F_GETSIG, 0));
}

void signal_driven_start(int fd) {
  int flags = kernel_fcntl(fd, F_GETFL, 0);
  if (flags >= 0) kernel_fcntl(fd, F_SETFL, flags | O_ASYNC);
}

/* send_sigio of the kernel. A process may say what it likes to itself only. */
void signal_driven_tell(int fd) {
  struct f_owner_ex owner;
  if (kernel_fcntl(fd, F_GETOWN_EX, (long)&owner) < 0 || !owner.pid) return;
  siginfo_t info = {.si_signo = kernel_fcntl(fd, F_GETSIG, 0), .si_code = POLL_OUT};
  info.si_band = POLLOUT | POLLWRNORM | POLLWRBAND;
  info.si_fd = fd;
  if (info.si_signo > 0 && owner.type == F_OWNER_PID && owner.pid == kernel_getpid())
    kernel_call(SYS_rt_sigqueueinfo, owner.pid, info.si_signo, (long)&info, 0, 0, 0);
  else if (owner.type == F_OWNER_TID)
    kernel_call(SYS_tkill, owner.pid, info.si_signo > 0 ? info.si_signo : SIGIO, 0, 0, 0, 0);
  else
    kernel_kill(owner.type == F_OWNER_PGRP ? -owner.pid : owner.pid, info.si_signo > 0 ? info.si_signo : SIGIO);
}
