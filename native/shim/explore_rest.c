/* SPDX-License-Identifier: MIT
 * Who is at rest, by the kernel's word: a thread that waits for its turn, or sleeps. Who is woken by another one runs before that one's system
 * call returns, so when nobody runs nobody will, but for timers and for what comes from outside. */
#include <string.h>

#include "arena_map.h"
#include "directory.h"
#include "explore_file.h"
#include "words.h"

/* What /proc/<pid>/status, or that of a thread, tells. */
struct thread {
  char state;
  u32 threads;
  u64 switches;
};

static u64 number_after(const char *text, const char *label) {
  const char *at = strstr(text, label);
  u64 value = 0;
  for (at = at ? at + strlen(label) : ""; *at == ' ' || *at == '\t'; at++) continue;
  while (*at >= '0' && *at <= '9') value = value * 10 + (u64)(*at++ - '0');
  return value;
}

/* `thread` NULL: the first one. False when there is none. */
static bool look_at(pid_t pid, const char *thread, struct thread *out) {
  char path[64], text[4096];
  char *end = words_append_number(words_append(path, "/proc/"), (u32)pid);
  if (thread) end = words_append(words_append(end, "/task/"), thread);
  words_append(end, "/status");
  int fd = kernel_open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  long length = kernel_read(fd, text, sizeof text - 1);
  kernel_close(fd);
  if (length <= 0) return false;
  text[length] = 0;
  const char *state = strstr(text, "\nState:\t");
  out->state = state ? state[sizeof "\nState:\t" - 1] : 'S';
  out->threads = (u32)number_after(text, "\nThreads:");
  out->switches = number_after(text, "\nvoluntary_ctxt_switches:") + number_after(text, "\nnonvoluntary_ctxt_switches:");
  return true;
}

static bool is_over(const struct thread *t) { return t->state == 'Z' || t->state == 'X'; }

/* D is short, or the parent of a vfork that waits for its child. */
static bool is_running(const struct thread *t) { return t->state == 'R' || t->state == 'D'; }

bool explore_is_alive(pid_t tid) {
  struct thread t;
  return look_at(tid, NULL, &t) && !is_over(&t);
}

struct scan {
  const struct explore_file *file;
  u64 switches;
  pid_t pid;
  bool runs;
};

static u32 state_of(const struct explore_file *f, u32 tid) {
  for (u32 i = 0; i < explore_count(f); i++)
    if (LOAD(f->actors[i].tid) == tid && LOAD_ACQUIRE(f->actors[i].state) != ACTOR_GONE) return LOAD(f->actors[i].state);
  return ACTOR_RUNS;
}

static void look_at_thread(int directory, const char *name, void *context) {
  (void)directory;
  struct scan *s = context;
  struct thread t;
  u32 tid = (u32)number_after(name, "");
  if (s->runs || state_of(s->file, tid) == ACTOR_WAITS || !look_at(s->pid, name, &t) || is_over(&t)) return;
  s->runs = is_running(&t);
  s->switches += t.switches;
}

/* False when the process is gone. */
static bool look_at_process(struct scan *s, bool waits) {
  struct thread first;
  if (!look_at(s->pid, NULL, &first)) return false;
  if (first.threads <= 1) {
    s->runs = !waits && is_running(&first);
    if (!waits) s->switches += first.switches;
    return !is_over(&first);
  }
  char path[64];
  words_append(words_append_number(words_append(path, "/proc/"), (u32)s->pid), "/task");
  int fd = kernel_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  if (fd < 0) return false;
  directory_each(fd, look_at_thread, s);
  kernel_close(fd);
  return true;
}

static void bury(struct explore_file *f, u32 pid) {
  for (u32 i = 0; i < explore_count(f); i++)
    if (LOAD(f->actors[i].pid) == pid) STORE_ORDERED(f->actors[i].state, ACTOR_GONE);
}

static bool actor_runs(struct explore_file *f, struct wire_actor *a, u64 *switches) {
  u32 pid = LOAD_ACQUIRE(a->pid), state = LOAD_ACQUIRE(a->state);
  if (!pid) return true; /* it is just coming */
  if (state == ACTOR_GONE) return false;
  if (state == ACTOR_CHOSEN) return explore_is_alive((pid_t)a->tid);
  if (a->tid != pid) return false;
  struct scan s = {.file = f, .pid = (pid_t)pid};
  if (!look_at_process(&s, state == ACTOR_WAITS)) bury(f, pid);
  *switches += s.switches;
  return s.runs;
}

static bool test_runs(const struct explore_file *f, u64 *switches) {
  const struct wire_explore *head = &f->head;
  struct scan s = {.file = f, .pid = (pid_t)head->testPid};
  char name[12];
  if (!head->testPid) return false;
  words_append_number(name, head->testTid);
  if (head->testTid)
    look_at_thread(-1, name, &s);
  else
    look_at_process(&s, false);
  *switches += s.switches;
  return s.runs;
}

static bool is_somebody_coming(const struct explore_file *f) {
  return LOAD(f->head.births) || (i32)(LOAD(f->head.spawned) - LOAD(f->head.arrived) - LOAD(f->head.forgiven)) > 0;
}

bool explore_is_quiet(struct explore_file *f, u64 *switches) {
  *switches = 0;
  if (is_somebody_coming(f)) return false;
  for (u32 i = 0; i < explore_count(f); i++)
    if (!LOAD(f->actors[i].stray) && actor_runs(f, &f->actors[i], switches)) return false;
  return LOAD(f->head.testForgiven) == LOAD(f->head.taken) + 1 || !test_runs(f, switches);
}

void explore_forgive(struct explore_file *f) {
  u64 ignored;
  STORE(f->head.births, 0);
  i32 missing = (i32)(LOAD(f->head.spawned) - LOAD(f->head.arrived) - LOAD(f->head.forgiven));
  if (missing > 0) ADD(f->head.forgiven, (u32)missing);
  for (u32 i = 0; i < explore_count(f); i++)
    if (actor_runs(f, &f->actors[i], &ignored)) STORE(f->actors[i].stray, 1);
  if (test_runs(f, &ignored)) STORE(f->head.testForgiven, LOAD(f->head.taken) + 1);
}
