/* SPDX-License-Identifier: MIT
 * Who belongs to a network: rows of its process table, whoever carries its directory in the environment (a process without the shim, or one
 * that has not registered yet), and the descendants of both. All of it comes from other programs' memory, so it is held against /proc. */
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "../shim/life.h"

/* A process in an uninterruptible wait cannot be ended: the guard does not stay for it for ever. On a busy machine it needs seconds. */
enum {
  PATIENCE_MS = 10000,
  NAP_NS = 200000,
  QUIET_PASSES = 4,
  PAUSE_NS = 25000000,
  QUIET_ROUNDS = 10,
  ROUNDS_MAX = 200,
  ROWS_MAX = 1 << 16,
  ENVIRONMENT_MAX = 1 << 20
};
#define DIR_VARIABLE "SOCKET_WRAPPER_DIR="

struct process {
  struct life life;
  bool member, spared;
};

/* All that runs now and may be ended at all. */
struct snapshot {
  struct process *processes;
  size_t count, room;
};

static u64 clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (u64)now.tv_sec * 1000 + (u64)now.tv_nsec / 1000000;
}

static u64 boot_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (u64)now.tv_sec * 1000000000 + (u64)now.tv_nsec;
}

static void take_snapshot(struct snapshot *s, u64 not_before) {
  s->count = 0;
  DIR *proc = opendir("/proc");
  if (!proc) return;
  for (struct dirent *entry; (entry = readdir(proc));) {
    char *end;
    long pid = strtol(entry->d_name, &end, 10);
    struct process p = {0};
    if (*end || pid <= 1 || pid == getpid() || life_read((pid_t)pid, &p.life) < 0) continue;
    if (life_is_over(&p.life) || p.life.started_ns < not_before) continue;
    if (s->count == s->room) {
      size_t room = s->room ? s->room * 2 : 256;
      void *grown = realloc(s->processes, room * sizeof *s->processes);
      if (!grown) break;
      s->processes = grown;
      s->room = room;
    }
    s->processes[s->count++] = p;
  }
  closedir(proc);
}

static struct process *find(const struct snapshot *s, pid_t pid) {
  for (size_t i = 0; i < s->count; i++)
    if (s->processes[i].life.pid == pid) return &s->processes[i];
  return NULL;
}

/* Is the row's process the one that was registered? A process that started after its row was written got a recycled pid. */
static bool is_registered(const struct life *life, const struct wire_process *row) {
  return life->started_ns <= row->startedNs && row->startedNs <= boot_ns();
}

static struct wire_process rows[ROWS_MAX]; /* untouched pages cost nothing */

static void mark_rows(const struct snapshot *s, const struct guarded *network) {
  u32 found = guarded_processes(network, rows, ROWS_MAX);
  for (u32 i = 0; i < found; i++) {
    struct process *p = find(s, (pid_t)rows[i].pid);
    if (!p || !is_registered(&p->life, &rows[i])) continue;
    if (rows[i].flags & PROCESS_TEST)
      p->spared = true;
    else
      p->member = true;
  }
}

/* The entries of /proc/<pid>/environ are those that the program was started with. */
static size_t read_environment(pid_t pid, char *to, size_t size) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/environ", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t length = 0;
  ssize_t got = 0;
  if (fd < 0) return 0;
  while (length < size - 1 && (got = read(fd, to + length, size - 1 - length)) > 0) length += (size_t)got;
  close(fd);
  to[length] = 0;
  return length;
}

static bool environment_names(pid_t pid, const struct guarded *networks, size_t count) {
  static char environment[ENVIRONMENT_MAX];
  size_t length = read_environment(pid, environment, sizeof environment);
  for (const char *entry = environment; entry < environment + length; entry += strlen(entry) + 1) {
    if (strncmp(entry, DIR_VARIABLE, sizeof DIR_VARIABLE - 1) != 0) continue;
    for (size_t i = 0; i < count; i++)
      if (strcmp(entry + sizeof DIR_VARIABLE - 1, networks[i].dir) == 0) return true;
  }
  return false;
}

static void mark_descendants(const struct snapshot *s) {
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < s->count; i++) {
      struct process *p = &s->processes[i];
      if (p->member || p->spared) continue;
      const struct process *parent = find(s, p->life.parent);
      if (parent && parent->member && !parent->spared) p->member = changed = true;
    }
  }
}

/* Who was sent SIGKILL: it is gone only some time after, and its children by then have no parent to be found by. */
static struct life *dying;
static size_t dying_count, dying_room;

static void remember(const struct life *life) {
  for (size_t i = 0; i < dying_count; i++)
    if (dying[i].pid == life->pid && dying[i].started_ns == life->started_ns) return;
  if (dying_count == dying_room) {
    size_t room = dying_room ? dying_room * 2 : 256;
    struct life *grown = realloc(dying, room * sizeof *dying);
    if (!grown) return;
    dying = grown;
    dying_room = room;
  }
  dying[dying_count++] = *life;
}

static bool is_somebody_dying(void) {
  for (size_t i = 0; i < dying_count; i++) {
    struct life now;
    if (life_read(dying[i].pid, &now) == 0 && now.started_ns == dying[i].started_ns && !life_is_over(&now)) return true;
  }
  return false;
}

/* The descriptor holds on to the process while its start time is compared: between the two the pid cannot change hands. */
static void end(const struct life *life) {
  struct life now;
  int fd = (int)syscall(SYS_pidfd_open, life->pid, 0);
  if (fd < 0 && errno != ENOSYS && errno != EPERM) return;
  if (life_read(life->pid, &now) == 0 && now.started_ns == life->started_ns) {
    if (fd >= 0)
      syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0);
    else
      kill(life->pid, SIGKILL);
    remember(life);
  }
  if (fd >= 0) close(fd);
}

/* Ends what is registered and alive; returns how many, and in `mark` a number that changes when a row does. */
static size_t end_rows(u64 not_before, const struct guarded *network, u64 *mark) {
  size_t alive = 0;
  u32 found = guarded_processes(network, rows, ROWS_MAX);
  /* The last one first: it is the youngest, and may be about to fork. */
  while (found-- > 0) {
    struct life life;
    pid_t pid = (pid_t)rows[found].pid;
    *mark = *mark * 31 + rows[found].pid + rows[found].startedNs;
    if (pid <= 1 || pid == getpid() || (rows[found].flags & PROCESS_TEST) || life_read(pid, &life) < 0) continue;
    if (life_is_over(&life) || life.started_ns < not_before || !is_registered(&life, &rows[found])) continue;
    end(&life);
    alive++;
  }
  return alive;
}

/* A program that forks and exits all the time is faster than a walk through /proc, and at times its last process has not registered yet: so
 * the table must be quiet for a while. */
static size_t chase(u64 not_before, const struct guarded *networks, size_t count) {
  size_t alive = 0;
  u64 before = 0;
  for (int quiet = 0, round = 0; quiet < QUIET_ROUNDS && round < ROUNDS_MAX; round++) {
    u64 mark = 0;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) found += end_rows(not_before, &networks[i], &mark);
    alive += found;
    quiet = found == 0 && mark == before ? quiet + 1 : 0;
    before = mark;
    nanosleep(&(struct timespec){0, NAP_NS}, NULL);
  }
  return alive;
}

/* Returns how many were found alive. */
static size_t pass(struct snapshot *s, u64 not_before, const struct guarded *networks, size_t count) {
  size_t alive = 0;
  take_snapshot(s, not_before);
  for (size_t i = 0; i < count; i++) mark_rows(s, &networks[i]);
  for (size_t i = 0; i < s->count; i++) {
    struct process *p = &s->processes[i];
    if (!p->member && !p->spared && environment_names(p->life.pid, networks, count)) p->member = true;
  }
  mark_descendants(s);
  for (size_t i = 0; i < s->count; i++) {
    if (!s->processes[i].member || s->processes[i].spared) continue;
    end(&s->processes[i].life);
    alive++;
  }
  return alive + chase(not_before, networks, count);
}

void end_processes(const struct guarded *networks, size_t count, u64 not_before_ns) {
  struct snapshot s = {0};
  u64 deadline = clock_ms() + PATIENCE_MS;
  for (size_t i = 0; i < count; i++) guarded_end(&networks[i]);
  /* A process that was being made during a pass registers itself, or shows its environment, before a later one ends: on a busy machine it
   * may have to wait for its turn, so several passes in a row must find nobody. */
  for (int quiet = 0; count && quiet < QUIET_PASSES && clock_ms() < deadline;) {
    bool is_quiet = pass(&s, not_before_ns, networks, count) == 0 && !is_somebody_dying();
    quiet = is_quiet ? quiet + 1 : 0;
    if (is_quiet) nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
  }
  free(s.processes);
}
