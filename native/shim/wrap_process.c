/* SPDX-License-Identifier: MIT
 * fork in all its forms, and what start and end of a process owe to its network. */
#include "process.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>

#include "arena.h"
#include "arena_map.h"
#include "capture.h"
#include "consume.h"
#include "endpoint.h"
#include "enter.h"
#include "explore.h"
#include "file_lock.h"
#include "journal.h"
#include "libc.h"
#include "network.h"
#include "table.h"

static void share(int fd, struct sock *s, void *context) {
  (void)context;
  consume_watch(fd, s);
  if (s->info.flags & FLAG_shared) return;
  sock_begin(s);
  s->info.flags |= FLAG_shared;
  sock_end(s);
}

/* It must be found by the new program in the registry, under its cookie, with the options that were set since and an error that waits. */
static void tell(int fd, struct sock *s) {
  if (!atomic_load(&s->registered)) {
    endpoint_record(fd, s, OP_born, 0, 0);
  } else {
    sock_refresh(s);
    endpoint_publish(fd, s);
  }
}

/* A socket that survives exec. */
static void share_over_exec(int fd, struct sock *s, void *context) {
  int flags = libc.fcntl(fd, F_GETFD);
  if (flags < 0 || (flags & FD_CLOEXEC)) return;
  share(fd, s, context);
  tell(fd, s);
}

/* What the child of vfork or posix_spawn copies and closes happens behind our back: it may keep any socket, also one with close-on-exec. */
static void share_with_child(int fd, struct sock *s, void *context) {
  share(fd, s, context);
  tell(fd, s);
}

static char program[32];

static const char *base_name(const char *path) {
  const char *slash = path ? strrchr(path, '/') : NULL;
  return slash ? slash + 1 : path ? path : "";
}

const char *process_program(void) { return program; }

void process_name(const char *path) { strncpy(program, base_name(path), sizeof program - 1); }

/* The worker is dead and its guard ends what is left: a program that forks all the time would outrun it. */
static void enter_table(struct network *n, pid_t parent) {
  if (arena_process_add(n->arena, getpid(), parent, n->world.host, PROCESS_UNDER_SHIM, program) == -ESHUTDOWN) raise(SIGKILL);
}

/* Asked for before: a daemon's parent may have ended when its child looks for it. */
static _Atomic pid_t forking;

/* Written by the parent, since its child may begin to run after the parent has gone on. */
static void tell_fork(void) {
  struct network *n = network_current();
  if (n && n->arena) journal_write(n->arena, &(struct event){.op = OP_fork, .fd = -1});
}

/* Its child will take part in what is explored. */
static void explore_fork(void) {
  explore_point(POINT_fork);
  explore_before_birth();
}

void process_before_fork(void) {
  explore_fork();
  forking = (pid_t)journal_pid();
  file_lock_before_fork();
  table_each(share, NULL);
  tell_fork();
}

static void watch(int fd, struct sock *s, void *context) {
  (void)context;
  consume_watch(fd, s);
}

/* Once more: another thread may have taken input since process_before_fork. */
static void in_parent(void) {
  file_lock_after_fork();
  table_each(watch, NULL);
  explore_point(POINT_forked);
}

static void enter_network(void) {
  journal_forget_pid();
  table_each(watch, NULL);
  struct network *n = network_current();
  if (!n || !n->arena) return;
  pid_t parent = forking;
  enter_table(n, parent);
  journal_write(n->arena, &(struct event){.op = OP_processFork, .fd = -1, .detail = (u32)parent, .text = program});
  explore_born(parent);
  explore_point(POINT_child);
}

/* With descriptors of its own. */
static void in_child(void) {
  file_lock_in_child();
  enter_network();
}

pid_t process_forked(pid_t result) {
  if (result < 0) explore_no_birth();
  if (result == 0) in_child();
  if (result != 0) in_parent();
  return result;
}

void process_start(struct network *n) {
  pthread_atfork(process_before_fork, in_parent, in_child);
  if (!n || !n->arena) return;
  pid_t parent = getppid();
  enter_table(n, parent);
  journal_write(n->arena, &(struct event){.op = OP_processStart, .fd = -1, .detail = (u32)parent, .text = program});
}

/* What exit(3) owes: names go. A name that others may have is judged after our own descriptor is closed. */
static void leave_name(int fd, struct sock *s, void *context) {
  (void)context;
  if (!(s->info.flags & FLAG_named)) return;
  struct endpoint_remains remains = {.network = NULL};
  struct wire_info info;
  sock_read(s, &info);
  endpoint_release(s, &info, true, &remains);
  if (remains.network) table_close(fd);
}

void process_exit(struct network *n) {
  explore_point(POINT_exit);
  capture_exit();
  table_each(leave_name, NULL);
  if (!n || !n->arena) return;
  journal_write(n->arena, &(struct event){.op = OP_processExit, .fd = -1});
  arena_process_exit(n->arena, getpid());
}

void process_before_exec(const char *path) {
  explore_point(POINT_exec);
  table_each(share_over_exec, NULL);
  struct network *n = network_current();
  if (!n || !n->arena) return;
  journal_write(n->arena, &(struct event){.op = OP_processExec, .fd = -1, .text = base_name(path)});
  arena_process_exec(n->arena, getpid(), table_in_vfork_child ? forking : getppid(), n->world.host, base_name(path));
}

void process_exec_failed(void) {
  struct network *n = network_current();
  if (n && n->arena && !table_in_vfork_child) arena_process_exec_failed(n->arena, getpid());
}

u64 process_before_spawn(bool copies) {
  explore_fork();
  table_each(copies ? share_with_child : share_over_exec, NULL);
  tell_fork();
  return arena_clock(CLOCK_BOOTTIME);
}

void process_spawned(pid_t child, const char *path, u64 since) {
  struct network *n = network_current();
  if (n && n->arena) arena_process_spawned(n->arena, child, getpid(), n->world.host, base_name(path), since);
  explore_point(POINT_forked);
}

/* fork for signal handlers. */
EXPORT pid_t _Fork(void) {
  process_before_fork();
  return process_forked(libc._Fork());
}

struct entry {
  int (*function)(void *);
  void *argument;
  void (*start)(void);
};

static int enter_child(void *context) {
  struct entry entry = *(struct entry *)context;
  entry.start();
  return entry.function(entry.argument);
}

EXPORT int clone(int (*function)(void *), void *stack, int flags, void *argument, ...) {
  va_list more;
  va_start(more, argument);
  pid_t *parent_tid = va_arg(more, pid_t *);
  void *tls = va_arg(more, void *);
  pid_t *child_tid = va_arg(more, pid_t *);
  va_end(more);
  if (flags & CLONE_THREAD) return libc.clone(function, stack, flags, argument, parent_tid, tls, child_tid);
  if (!(flags & CLONE_VM)) {
    /* The child has a copy of this stack, too. */
    struct entry entry = {function, argument, flags & CLONE_FILES ? enter_network : in_child};
    process_before_fork();
    int child = libc.clone(enter_child, stack, flags, &entry, parent_tid, tls, child_tid);
    if (child < 0) explore_no_birth();
    in_parent();
    return child;
  }
  /* One memory. With one set of descriptors as well the child is like a thread; else it is like that of vfork, if we wait for it. */
  bool as_vfork = (flags & CLONE_VFORK) && !(flags & (CLONE_FILES | CLONE_SETTLS));
  int before = table_in_vfork_child;
  if (as_vfork) explore_fork();
  if (!(flags & CLONE_FILES)) {
    table_each(share_with_child, NULL);
    tell_fork();
  }
  if (as_vfork) {
    forking = (pid_t)journal_pid();
    table_in_vfork_child = 1;
    journal_forget_pid();
  }
  int result = libc.clone(function, stack, flags, argument, parent_tid, tls, child_tid);
  if (as_vfork) {
    table_in_vfork_child = before;
    journal_forget_pid();
    if (result < 0) explore_no_birth();
    explore_point(POINT_forked);
  }
  return result;
}

EXPORT int daemon(int keep_directory, int keep_descriptors) {
  int result = libc.daemon(keep_directory, keep_descriptors);
  for (int fd = 0; !keep_descriptors && fd <= STDERR_FILENO; fd++) table_drop(fd);
  return result;
}

/* The child of vfork runs in our memory with descriptors of its own: until it execs or ends, the thread's verbs leave the table alone.
 * The flag is thread-local, and the thread of the parent sleeps meanwhile. */
void process_before_vfork(void);
__attribute__((used)) void process_before_vfork(void) {
  if (table_in_vfork_child) return;
  explore_fork();
  forking = (pid_t)journal_pid();
  table_each(share_with_child, NULL);
  tell_fork();
}

pid_t process_vforked(long result);
__attribute__((used)) pid_t process_vforked(long result) {
  table_in_vfork_child = result == 0;
  journal_forget_pid();
  if (result < 0) explore_no_birth();
  if (result > 0) explore_point(POINT_forked);
  return (pid_t)shim_leave(result);
}

#if defined(__x86_64__)
/* The return address waits in a register: the child returns first and overwrites the stack below. */
__asm__(".text\n.globl vfork\n.type vfork, @function\n"
        "vfork:\n"
        "  endbr64\n"
        "  subq $8, %rsp\n"
        "  call process_before_vfork\n"
        "  addq $8, %rsp\n"
        "  popq %rdi\n"
        "  movl $58, %eax\n" /* __NR_vfork */
        "  syscall\n"
        "  pushq %rdi\n"
        "  movq %rax, %rdi\n"
        "  jmp process_vforked\n"
        ".size vfork, .-vfork\n");
#else
/* vfork may be fork (POSIX.1-2001); it costs the copy of the page tables. */
EXPORT pid_t vfork(void) { return fork(); }
#endif
