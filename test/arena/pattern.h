/* SPDX-License-Identifier: MIT
 * What the arena's test programs have in common: infos whose every byte follows from two numbers, so that a torn one shows, and exits with
 * a sentence. Each program prints one JSON object on success. */
#ifndef PATTERN_H
#define PATTERN_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../native/shim/arena.h"
#include "../../native/shim/journal.h"

#define FAIL(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))
#define CHECK(condition, ...) ((condition) ? (void)0 : FAIL(__VA_ARGS__))

static inline u64 pattern_mix(u64 a, u64 b) {
  u64 x = a * 0x9e3779b97f4a7c15ULL ^ b * 0xc2b2ae3d27d4eb4fULL;
  return (x ^ x >> 29) * 0xbf58476d1ce4e5b9ULL;
}

static inline struct wire_info pattern_info(u64 cookie, u32 version) {
  struct wire_info info;
  u64 words[sizeof info / 8];
  for (size_t i = 0; i < sizeof info / 8; i++) words[i] = pattern_mix(cookie + i, version);
  memcpy(&info, words, sizeof info);
  info.cookie = cookie;
  info.version = version;
  return info;
}

static inline bool pattern_holds(const struct wire_info *info) {
  struct wire_info expected = pattern_info(info->cookie, info->version);
  return memcmp(info, &expected, sizeof expected) == 0;
}

static inline struct arena *pattern_open(const char *dir, u32 records, u32 sockets) {
  struct arena_shape shape = {records, sockets, 64, 0};
  struct arena *a;
  int result = arena_create(dir, &shape);
  CHECK(result == 0, "arena_create %s: %s", dir, strerror(-result));
  result = arena_open(dir, &a);
  CHECK(result == 0, "arena_open %s: %s", dir, strerror(-result));
  return a;
}

/* A child that does not outlive the test program, whatever kills that. */
static inline pid_t pattern_fork(void) {
  pid_t parent = getpid(), child = fork();
  CHECK(child >= 0, "fork: %s", strerror(errno));
  if (child == 0) {
    journal_forget_pid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(1);
  }
  return child;
}

static inline void pattern_end(pid_t child, int expected) {
  int status;
  CHECK(waitpid(child, &status, 0) == child, "waitpid: %s", strerror(errno));
  CHECK(status == expected, "child %d ended with status %#x, not %#x", child, status, expected);
}

/* One record of writer `pid`: the whole of it follows from pid and number. */
static inline void pattern_write(struct arena *a, u32 number) {
  struct wire_info info = pattern_info(journal_pid(), number);
  char text[32];
  snprintf(text, sizeof text, "record %u", number);
  journal_write(a, &(struct event){.op = OP_connect,
                                   .fd = (int)(number % 1000),
                                   .result = (long)number,
                                   .detail = number,
                                   .position = number % 65536,
                                   .message_id = pattern_mix(number, 7),
                                   .info = &info,
                                   .text = text});
}

static inline void pattern_check(const struct wire_record *r, u64 sequence) {
  struct wire_info info;
  char text[32];
  memcpy(&info, r->info, sizeof info);
  snprintf(text, sizeof text, "record %u", r->detail);
  CHECK(r->word == sequence, "record %lu came as number %lu", sequence, r->word);
  CHECK(r->op == OP_connect && r->pid == (u32)info.cookie && r->detail == info.version && pattern_holds(&info) &&
            r->fd == (i32)(r->detail % 1000) && r->result == (i32)r->detail && r->position == r->detail % 65536 &&
            r->messageId == pattern_mix(r->detail, 7) && r->timeNs && strcmp((const char *)r->text, text) == 0,
        "record %lu is torn: op %u pid %u detail %u", sequence, r->op, r->pid, r->detail);
}

#endif
