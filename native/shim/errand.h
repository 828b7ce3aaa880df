/* SPDX-License-Identifier: MIT
 * A thread of a moment, unknown to libc, with a working directory of its own; who waits for it shares memory and descriptors with it. */
#ifndef ERRAND_H
#define ERRAND_H

/* Runs work(context) in it, with all signals held back. `work` makes system calls and nothing else: it has its caller's thread-local storage, and
 * 2 KiB of stack. Returns 0, or -errno when it was not run. Signal-safe: yes. */
int errand_run(void (*work)(void *context), void *context);

#endif
