/* SPDX-License-Identifier: MIT */
#include "errand.h"

#include <sched.h>
#include <stdatomic.h>

#include "journal.h"
#include "kernel.h"

/* Not CLONE_FS. A thread, and not a child: nobody can wait for it, and SO_PEERCRED of what it connects is the process. */
enum { FLAGS = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_SYSVSEM | CLONE_SIGHAND | CLONE_THREAD, STACK_WORDS = 256, NAP_NS = 20000 };

static int run_in_thread(void (*work)(void *context), void *context) {
  uintptr_t stack[STACK_WORDS] __attribute__((aligned(16))), *top = stack + STACK_WORDS - 2;
  top[0] = (uintptr_t)context;
  top[1] = (uintptr_t)work;
  long result;
#if defined(__x86_64__)
  register long r10 __asm__("r10") = 0;
  register long r8 __asm__("r8") = 0;
  __asm__ volatile("syscall\n"
                   "testq %%rax, %%rax\n"
                   "jnz 1f\n"
                   "xorl %%ebp, %%ebp\n"
                   "popq %%rdi\n"
                   "popq %%rax\n"
                   "call *%%rax\n"
                   "movl %[exit], %%eax\n"
                   "xorl %%edi, %%edi\n"
                   "syscall\n"
                   "1:\n"
                   : "=a"(result)
                   : "a"(SYS_clone), "D"((long)FLAGS), "S"(top), "d"(0l), "r"(r10), "r"(r8), [exit] "i"(SYS_exit)
                   : "rcx", "r11", "memory", "cc");
#else
  register long x8 __asm__("x8") = SYS_clone;
  register long x0 __asm__("x0") = FLAGS;
  register uintptr_t *x1 __asm__("x1") = top;
  register long x2 __asm__("x2") = 0;
  register long x3 __asm__("x3") = 0;
  register long x4 __asm__("x4") = 0;
  __asm__ volatile("svc 0\n"
                   "cbnz x0, 1f\n"
                   "mov x29, xzr\n"
                   "ldp x0, x9, [sp]\n"
                   "blr x9\n"
                   "mov x0, xzr\n"
                   "mov x8, %[exit]\n"
                   "svc 0\n"
                   "1:\n"
                   : "+r"(x0)
                   : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), [exit] "i"(SYS_exit)
                   : "memory", "cc");
  result = x0;
#endif
  return result < 0 ? (int)result : 0;
}

/* A process that has given up the right to make any (RLIMIT_NPROC, which haproxy sets to 0) runs it itself. Other threads keep their working
 * directory where unshare(2) is allowed; elsewhere they would see it change for a moment, and one errand must not take another's for its own. */
static int run_here(void (*work)(void *context), void *context) {
  static _Atomic uint32_t holder; /* a pid: the child of a fork is not its parent */
  uint32_t own = journal_pid(), now = 0;
  while (!atomic_compare_exchange_strong(&holder, &now, own)) {
    if (now == own) kernel_nap(NAP_NS), now = 0;
  }
  kernel_call(SYS_unshare, CLONE_FS, 0, 0, 0, 0, 0);
  int back = (int)kernel_call(SYS_openat, AT_FDCWD, (long)".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0, 0, 0);
  if (back >= 0) {
    work(context);
    kernel_call(SYS_fchdir, back, 0, 0, 0, 0, 0);
    kernel_close(back);
  }
  atomic_store(&holder, 0);
  return back < 0 ? back : 0;
}

int errand_run(void (*work)(void *context), void *context) {
  uint64_t signals = kernel_hold_signals();
  int result = run_in_thread(work, context);
  if (result < 0 && run_here(work, context) == 0) result = 0;
  kernel_free_signals(signals);
  return result;
}
