/* SPDX-License-Identifier: MIT
 * wait in all its forms. A process that was killed writes no record of its end: whoever reaps it does. */
#include <sys/wait.h>

#include "enter.h"
#include "journal.h"
#include "libc.h"
#include "network.h"
#include "spill_sweep.h"

static pid_t reaped(pid_t child, int status) {
  struct network *n = child > 0 && (WIFEXITED(status) || WIFSIGNALED(status)) ? network_current() : NULL;
  if (!n || !n->arena) return child;
  journal_write(n->arena, &(struct event){.op = OP_wait, .fd = -1, .result = status, .detail = (u32)child});
  spill_reap(n);
  return child;
}

EXPORT pid_t wait(int *status) {
  int own = 0, *to = status ? status : &own;
  pid_t child = libc.wait(to);
  return reaped(child, *to);
}

EXPORT pid_t waitpid(pid_t pid, int *status, int options) {
  int own = 0, *to = status ? status : &own;
  pid_t child = libc.waitpid(pid, to, options);
  return reaped(child, *to);
}

EXPORT pid_t wait3(int *status, int options, struct rusage *usage) {
  int own = 0, *to = status ? status : &own;
  pid_t child = libc.wait3(to, options, usage);
  return reaped(child, *to);
}

EXPORT pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage) {
  int own = 0, *to = status ? status : &own;
  pid_t child = libc.wait4(pid, to, options, usage);
  return reaped(child, *to);
}

/* The kernel fills the whole structure, with pid 0 when nobody had ended. */
EXPORT int waitid(idtype_t type, id_t id, siginfo_t *info, int options) {
  siginfo_t own = {.si_pid = 0}, *to = info ? info : &own;
  int result = libc.waitid(type, id, to, options);
  bool ended = result == 0 && to->si_pid && (to->si_code == CLD_EXITED || to->si_code == CLD_KILLED || to->si_code == CLD_DUMPED);
  if (ended && !(options & WNOWAIT)) reaped(to->si_pid, to->si_code == CLD_EXITED ? to->si_status << 8 : to->si_status);
  return result;
}
