/* SPDX-License-Identifier: MIT
 * Is a process or thread still alive, and is it the one that was meant? Answers come from /proc. Signal-safe: yes. */
#ifndef LIFE_H
#define LIFE_H

#include <stdbool.h>
#include <sys/types.h>

#include "../wire/wire.h"

struct life {
  pid_t pid;
  pid_t parent;
  char state; /* of the main thread, as in proc(5) */
  u32 threads;
  u64 started_ns; /* CLOCK_BOOTTIME, rounded down to the kernel's tick of 10 ms */
};

/* Returns 0, -ESRCH when there is no such process, else -errno (no /proc: nothing is known). */
int life_read(pid_t pid, struct life *out);
/* A zombie whose threads are all gone is dead: it will never write again. */
bool life_is_over(const struct life *l);

/* True only when it is certain that the process will never run again, or that the pid belongs to another process now: one that started
 * after `not_after` (CLOCK_BOOTTIME, ns; 0: the start time is not looked at). */
bool life_process_dead(pid_t pid, u64 not_after);

/* STOPPED: by a signal or a debugger, for as long as somebody likes. */
enum life_thread { LIFE_RUNS, LIFE_STOPPED, LIFE_OVER };
enum life_thread life_thread(pid_t pid, pid_t tid);

#endif
