/* SPDX-License-Identifier: MIT
 * usage: arena_tables DIR CASE
 * Hosts, processes, counters, and who a process thinks it is. */
#include <pthread.h>
#include <sys/socket.h>

#include "pattern.h"

enum { PROCESSES = 64 };

static void hosts(struct arena *a) {
  CHECK(arena_host_find(a, "web") == 0 && !arena_host_exists(a, 2), "a host before the first");
  CHECK(arena_host_add(a, 2, "web") == 0 && arena_host_add(a, 2, "www.example.org") == 0, "arena_host_add");
  CHECK(arena_host_add(a, 64, "last") == 0 && arena_host_exists(a, 64), "host 64");
  CHECK(arena_host_find(a, "WEB") == 2 && arena_host_find(a, "www.Example.org") == 2, "case is not folded");
  CHECK(arena_host_find(a, "we") == 0 && arena_host_find(a, "webs") == 0 && arena_host_find(a, "") == 0, "a part of a name is found");
  CHECK(arena_host_add(a, 2, "web") == 0, "a name twice");
  CHECK(arena_host_add(a, 3, "Web") == -EEXIST, "a name on two hosts");
  CHECK(arena_host_add(a, 0, "x") == -EINVAL && arena_host_add(a, 65, "x") == -EINVAL && arena_host_add(a, 1, "") == -EINVAL, "bad host");
  char name[253] = {0};
  memset(name, 'n', sizeof name - 1);
  CHECK(arena_host_add(a, 5, name) == -ENOSPC && !arena_host_exists(a, 5), "252 bytes and their zero do not fit");
  name[251] = 0;
  CHECK(arena_host_add(a, 5, name) == 0 && arena_host_find(a, name) == 5, "251 bytes and their zero fit");
  CHECK(arena_host_add(a, 5, "y") == -ENOSPC && arena_host_find(a, "y") == 0, "a name in a full row");
}

static void processes(struct arena *a) {
  static struct wire_process rows[PROCESSES];
  pid_t own = getpid();
  CHECK(arena_process_add(a, own, 1, 2, PROCESS_SPAWNED, "command") == 0 && !arena_process_known(a, own), "spawned is not known");
  CHECK(arena_process_add(a, own, 7, 3, PROCESS_UNDER_SHIM, "a-name-that-is-longer-than-a-row-\xc3\xa4") == 0, "add again");
  CHECK(arena_process_known(a, own) && !arena_process_known(a, own + 1), "known");
  CHECK(arena_processes(a, rows, PROCESSES) == 1, "one process has two rows");
  CHECK(rows[0].pid == (u32)own && rows[0].parent == 7 && rows[0].host == 3 && rows[0].flags == (PROCESS_SPAWNED | PROCESS_UNDER_SHIM) &&
            strcmp((char *)rows[0].program, "a-name-that-is-longer-than-a-ro") == 0 && rows[0].startedNs && !rows[0].exitedNs,
        "the row is wrong");
  arena_process_exit(a, own);
  CHECK(arena_processes(a, rows, PROCESSES) == 1 && rows[0].exitedNs >= rows[0].startedNs, "exit");
  CHECK(arena_process_known(a, own), "a process that has ended may be asked for: its pid stays on sockets");
  CHECK(arena_process_add(a, own, 1, 1, PROCESS_TEST, "next") == 0 && arena_processes(a, rows, PROCESSES) == 1, "the pid again");
  CHECK(rows[0].flags == PROCESS_TEST && !rows[0].exitedNs, "the next process with the pid inherits flags");
}

static void full(struct arena *a) {
  /* Rows of live processes stay: those of this program, its parent and children are enough to see it. */
  pid_t children[PROCESSES];
  for (int i = 0; i < PROCESSES; i++) {
    children[i] = pattern_fork();
    if (children[i] == 0)
      for (;;) pause();
    CHECK(arena_process_add(a, children[i], getpid(), 1, PROCESS_UNDER_SHIM, "child") == 0, "row %d", i);
  }
  CHECK(arena_process_add(a, getpid(), 1, 1, 0, "one too many") == -ENOSPC, "a full table took a process");
  CHECK(arena_head(a)->processLost == 1, "%lu are counted as lost, 1 is", arena_head(a)->processLost);
  kill(children[5], SIGKILL);
  pattern_end(children[5], SIGKILL);
  CHECK(arena_process_add(a, getpid(), 1, 1, 0, "in place of a killed one") == 0, "the row of a killed process was not taken");
  CHECK(!arena_process_known(a, getpid()), "the row's next process inherits flags");
  arena_process_exit(a, children[6]);
  CHECK(arena_process_add(a, getppid(), 1, 1, 0, "in place of one that ended") == 0, "the row of an ended process was not taken");
  for (int i = 0; i < PROCESSES; i++) {
    kill(children[i], SIGKILL);
    if (i != 5) pattern_end(children[i], SIGKILL);
  }
}

/* Forked processes that all register at once, each described by its parent as well. */
static void crowd(struct arena *a) {
  static struct wire_process rows[PROCESSES];
  int gate[2];
  CHECK(pipe(gate) == 0, "pipe: %s", strerror(errno));
  pid_t children[40];
  for (int i = 0; i < 40; i++) {
    children[i] = pattern_fork();
    if (children[i] == 0) {
      char byte;
      close(gate[1]);
      if (read(gate[0], &byte, 1) != 0) _exit(1);
      arena_process_add(a, getpid(), getppid(), 1, PROCESS_UNDER_SHIM, "child");
      _exit(0);
    }
  }
  close(gate[1]);
  for (int i = 39; i >= 0; i--) arena_process_add(a, children[i], getpid(), 1, PROCESS_SPAWNED, "child");
  for (int i = 0; i < 40; i++) pattern_end(children[i], 0);
  CHECK(arena_processes(a, rows, PROCESSES) == 40, "%u rows for 40 processes", arena_processes(a, rows, PROCESSES));
  for (int i = 0; i < 40; i++) CHECK(rows[i].flags == (PROCESS_SPAWNED | PROCESS_UNDER_SHIM), "row %d has flags %u", i, rows[i].flags);
}

static void counters(struct arena *a) {
  u16 first = arena_next_port(a, SOCK_STREAM), previous = first;
  CHECK(first >= 32768 && first <= 60999, "port %u", first);
  CHECK(arena_next_port(a, SOCK_DGRAM) == first, "TCP and UDP share a counter");
  for (int i = 1; i < 60999 - 32768 + 1; i++) {
    u16 port = arena_next_port(a, SOCK_STREAM);
    CHECK(port == (previous == 60999 ? 32768 : previous + 1), "after port %u came %u", previous, port);
    previous = port;
  }
  CHECK(arena_next_port(a, SOCK_STREAM) == first, "the ports do not begin anew");
  CHECK(arena_next_message(a) == 1 && arena_next_message(a) == 2, "message ids");
}

static void *in_thread(void *ids) {
  ((u32 *)ids)[0] = journal_pid();
  ((u32 *)ids)[1] = journal_tid();
  return NULL;
}

static void identity(struct arena *a) {
  (void)a;
  u32 own = (u32)getpid(), ids[2];
  pthread_t thread;
  CHECK(journal_pid() == own && journal_tid() == (u32)gettid(), "own ids");
  CHECK(pthread_create(&thread, NULL, in_thread, ids) == 0 && pthread_join(thread, NULL) == 0, "thread");
  CHECK(ids[0] == own && ids[1] != own, "a thread is pid %u tid %u", ids[0], ids[1]);
  pid_t child = pattern_fork();
  if (child == 0) _exit(journal_pid() == (u32)getpid() && journal_tid() == (u32)getpid() && journal_pid() != own ? 0 : 1);
  pattern_end(child, 0);
  /* As the shim's vfork does it: both sides forget. */
  static volatile bool right;
  child = vfork();
  journal_forget_pid();
  if (child == 0) {
    right = journal_pid() == (u32)getpid() && journal_pid() != own;
    _exit(0);
  }
  pattern_end(child, 0);
  CHECK(right && journal_pid() == own, "after vfork the ids are wrong");
}

static const struct {
  const char *name;
  void (*run)(struct arena *);
} cases[] = {{"hosts", hosts}, {"processes", processes}, {"full", full}, {"crowd", crowd}, {"counters", counters}, {"identity", identity}};

int main(int count, char **arguments) {
  CHECK(count == 3, "usage: arena_tables DIR CASE");
  struct arena *a = pattern_open(arguments[1], 64, 64);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strcmp(cases[i].name, arguments[2]) == 0) {
      cases[i].run(a);
      puts("{}");
      return 0;
    }
  FAIL("no case %s", arguments[2]);
}
