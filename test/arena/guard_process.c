/* SPDX-License-Identifier: MIT
 * usage: guard_process DIR stay|daemon|runner|alone, or guard_process DIR row PID past|now|future FLAGS
 * Processes of a network that do not want to end. Each prints its pid when it is ready: registered (alone: not), deaf to SIGTERM, and older
 * than the next tick of the clock that start times are kept in. A row of the past was written just before its process started. */
#include <fcntl.h>
#include <signal.h>

#include "../../native/shim/life.h"
#include "pattern.h"

enum { TICK_NS = 10000000, RUNNER_NS = 1000000000 };

static u64 boot_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

static struct arena *open_arena(const char *dir) {
  struct arena *a;
  int result = arena_open(dir, &a);
  CHECK(result == 0, "arena_open %s: %s", dir, strerror(-result));
  return a;
}

static void wait_for_tick(void) {
  for (u64 tick = boot_ns() / TICK_NS; boot_ns() / TICK_NS <= tick;) continue;
}

static void stay(void) {
  wait_for_tick();
  printf("%d\n", getpid());
  fflush(stdout);
  for (;;) pause();
}

static void detach(void) {
  for (int i = 0; i < 2; i++) {
    pid_t child = fork();
    CHECK(child >= 0, "fork: %s", strerror(errno));
    if (child > 0) _exit(0);
    setsid();
  }
  CHECK(chdir("/") == 0, "chdir");
}

/* Its pid changes all the time, as fast as it can. It gives up by itself after ten seconds. Each process does what the shim's child does. */
static void run_away(struct arena *a) {
  u64 end = boot_ns() + 10ULL * RUNNER_NS;
  printf("%d\n", getpid());
  fflush(stdout);
  while (boot_ns() < end) {
    pid_t child = fork();
    CHECK(child >= 0, "fork: %s", strerror(errno));
    if (child > 0) _exit(0);
    if (arena_process_add(a, getpid(), getppid(), 1, PROCESS_UNDER_SHIM, "runner") == -ESHUTDOWN) raise(SIGKILL);
  }
}

static void write_row(struct arena *a, char **arguments) {
  static struct wire_process rows[64];
  struct life life;
  pid_t pid = atoi(arguments[3]);
  CHECK(life_read(pid, &life) == 0, "no process %d", pid);
  CHECK(arena_process_add(a, pid, 1, 1, (u32)atoi(arguments[5]), "row") == 0, "arena_process_add");
  u32 count = arena_processes(a, rows, 64), row = 0;
  while (row < count && rows[row].pid != (u32)pid) row++;
  struct wire_arena *head = arena_head(a);
  u64 *started = &((struct wire_process *)((char *)head + head->processOffset))[row].startedNs;
  if (strcmp(arguments[4], "past") == 0) *started = life.started_ns - 1;
  if (strcmp(arguments[4], "future") == 0) *started += 3600ULL * 1000000000;
}

int main(int count, char **arguments) {
  CHECK(count >= 3, "usage: guard_process DIR stay|daemon|runner|alone, or guard_process DIR row PID past|now|future FLAGS");
  struct arena *a = open_arena(arguments[1]);
  const char *mode = arguments[2];
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  if (count == 6) {
    write_row(a, arguments);
    return 0;
  }
  if (strcmp(mode, "daemon") == 0) detach();
  if (strcmp(mode, "alone") != 0) arena_process_add(a, getpid(), getppid(), 1, PROCESS_UNDER_SHIM, mode);
  if (strcmp(mode, "runner") == 0)
    run_away(a);
  else
    stay();
  return 0;
}
