/* SPDX-License-Identifier: MIT
 * Rows are taken in order and never freed, so a search ends at the first free one and two processes that add the same pid at once meet in
 * the same row. Only a full table takes a row again whose process is gone. */
#include "arena.h"

#include "arena_map.h"
#include "life.h"

static struct wire_process *find(const struct arena *a, pid_t pid) {
  for (u32 i = 0; i < a->process_count; i++) {
    u32 held = LOAD_ACQUIRE(a->processes[i].pid);
    if (held == (u32)pid) return &a->processes[i];
    if (!held) break;
  }
  return NULL;
}

static struct wire_process *claim_free(struct arena *a, pid_t pid) {
  for (u32 i = 0; i < a->process_count; i++) {
    u32 held = 0;
    if (SWAP(a->processes[i].pid, held, (u32)pid) || held == (u32)pid) return &a->processes[i];
  }
  return NULL;
}

/* `killed` false: only rows of processes that said good-bye; true: the system is asked, one call a row. */
static struct wire_process *claim_gone(struct arena *a, pid_t pid, bool killed) {
  for (u32 i = 0; i < a->process_count; i++) {
    struct wire_process *row = &a->processes[i];
    u32 held = LOAD(row->pid);
    bool gone = LOAD(row->exitedNs) != 0 || (killed && life_process_dead((pid_t)held, LOAD(row->startedNs)));
    if (!gone || !SWAP(row->pid, held, (u32)pid)) continue;
    STORE(row->flags, 0);
    return row;
  }
  return NULL;
}

int arena_process_add(struct arena *a, pid_t pid, pid_t parent, u32 host, u32 flags, const char *program) {
  if (pid <= 0) return -EINVAL;
  if (pid == kernel_getpid()) arena_touch(a);
  struct wire_process *row = find(a, pid);
  if (row && LOAD(row->exitedNs)) STORE(row->flags, 0); /* the pid of one that has ended */
  if (!row) row = claim_free(a, pid);
  if (!row) row = claim_gone(a, pid, false);
  if (!row) row = claim_gone(a, pid, true);
  if (!row) {
    ADD(a->head->processLost, 1);
    return -ENOSPC;
  }
  u64 text[sizeof row->program / 8];
  arena_text((uint8_t *)text, sizeof text, program);
  for (size_t i = 0; i < sizeof text / 8; i++) STORE(((u64 *)(void *)row->program)[i], text[i]);
  /* An exec keeps who its parent was, though it may be gone by now. */
  if (!(LOAD(row->flags) & (PROCESS_UNDER_SHIM | PROCESS_EXEC))) STORE(row->parent, (u32)parent);
  if (flags & PROCESS_UNDER_SHIM) __atomic_fetch_and(&row->flags, ~PROCESS_EXEC, __ATOMIC_RELAXED);
  STORE(row->host, host);
  STORE(row->exitedNs, 0);
  /* Two sides describe one process: the fixture that spawned it, and itself. */
  __atomic_fetch_or(&row->flags, flags, __ATOMIC_RELAXED);
  STORE_ORDERED(row->startedNs, arena_clock(CLOCK_BOOTTIME));
  return arena_has(a, ARENA_ENDED) ? -ESHUTDOWN : 0;
}

void arena_feature(struct arena *a, u32 bit) { __atomic_fetch_or(&a->head->features, bit, __ATOMIC_SEQ_CST); }
bool arena_has(const struct arena *a, u32 bit) { return LOAD_ORDERED(a->head->features) & bit; }

void arena_end(struct arena *a) { arena_feature(a, ARENA_ENDED); }

void arena_process_exit(struct arena *a, pid_t pid) {
  struct wire_process *row = find(a, pid);
  if (row) STORE_RELEASE(row->exitedNs, arena_clock(CLOCK_BOOTTIME));
}

void arena_process_exec(struct arena *a, pid_t pid, pid_t parent, u32 host, const char *program) {
  struct wire_process *row = find(a, pid);
  if (!row || LOAD(row->exitedNs)) {
    arena_process_add(a, pid, parent, host, PROCESS_EXEC, program);
    return;
  }
  __atomic_fetch_or(&row->flags, PROCESS_EXEC, __ATOMIC_RELAXED);
  __atomic_fetch_and(&row->flags, ~PROCESS_UNDER_SHIM, __ATOMIC_RELAXED);
}

void arena_process_exec_failed(struct arena *a, pid_t pid) {
  struct wire_process *row = find(a, pid);
  if (!row) return;
  __atomic_fetch_or(&row->flags, PROCESS_UNDER_SHIM, __ATOMIC_RELAXED);
  __atomic_fetch_and(&row->flags, ~PROCESS_EXEC, __ATOMIC_RELAXED);
}

void arena_process_spawned(struct arena *a, pid_t pid, pid_t parent, u32 host, const char *program, u64 since) {
  struct wire_process *row = find(a, pid);
  /* Its own row, or that of an earlier process with its pid. */
  if (row && LOAD(row->startedNs) >= since) return;
  if (row) STORE(row->flags, 0);
  arena_process_add(a, pid, parent, host, PROCESS_EXEC, program);
}

bool arena_process_known(const struct arena *a, pid_t pid) {
  const struct wire_process *row = find(a, pid);
  return row && (LOAD(row->flags) & PROCESS_UNDER_SHIM);
}

u32 arena_processes(const struct arena *a, struct wire_process *out, u32 count) {
  u32 found = 0;
  for (u32 i = 0; i < a->process_count && found < count; i++) {
    const struct wire_process *row = &a->processes[i];
    if (!LOAD_ACQUIRE(row->pid)) break;
    /* startedNs is written last: 0 is a row that is being filled for the first time. */
    u64 started = LOAD_ACQUIRE(row->startedNs);
    if (!started) continue;
    for (size_t k = 0; k < sizeof *out / 8; k++) ((u64 *)(void *)&out[found])[k] = LOAD(((const u64 *)(const void *)row)[k]);
    found++;
  }
  return found;
}
