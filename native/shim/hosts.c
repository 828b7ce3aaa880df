/* SPDX-License-Identifier: MIT
 * The host table: names of the fake hosts. One writer, the test's process; readers everywhere. */
#include "arena.h"

#include "arena_map.h"

enum { HOSTS = 64, NAMES_SIZE = sizeof((struct wire_host *)0)->names };

static char lower(uint8_t c) { return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c); }

/* The list of names ends at an empty one, or at the end of the field whatever stands there. Returns the offset of `name`, or -ENOENT with
 * `end` set to where another one would start. */
static int find_name(const struct wire_host *host, const char *name, u32 *end) {
  u32 at = 0;
  while (at < NAMES_SIZE) {
    if (!LOAD_ACQUIRE(host->names[at])) break;
    u32 start = at;
    bool same = true;
    size_t index = 0;
    for (; at < NAMES_SIZE; at++, index++) {
      uint8_t c = LOAD(host->names[at]);
      if (same && lower(c) != lower((uint8_t)name[index])) same = false;
      if (!c) break;
    }
    if (same && at < NAMES_SIZE) return (int)start;
    at++;
  }
  if (end) *end = at;
  return -ENOENT;
}

u32 arena_host_find(const struct arena *a, const char *name) {
  for (u32 i = 0; i < HOSTS; i++)
    if (LOAD_ACQUIRE(a->hosts[i].number) == i + 1 && find_name(&a->hosts[i], name, NULL) >= 0) return i + 1;
  return 0;
}

bool arena_host_exists(const struct arena *a, u32 number) {
  return number >= 1 && number <= HOSTS && LOAD_ACQUIRE(a->hosts[number - 1].number) == number;
}

bool arena_host_name(const struct arena *a, u32 number, char *out, size_t size) {
  if (!arena_host_exists(a, number)) return false;
  const struct wire_host *host = &a->hosts[number - 1];
  for (u32 i = 0; i < NAMES_SIZE && i < size; i++)
    if (!(out[i] = (char)LOAD_ACQUIRE(host->names[i]))) return i > 0;
  return false;
}

int arena_host_add(struct arena *a, u32 number, const char *name) {
  size_t length = strlen(name);
  if (number < 1 || number > HOSTS || !length) return -EINVAL;
  u32 holder = arena_host_find(a, name);
  if (holder) return holder == number ? 0 : -EEXIST;
  struct wire_host *host = &a->hosts[number - 1];
  u32 end;
  find_name(host, name, &end);
  if (end > NAMES_SIZE || length + 1 > NAMES_SIZE - end) return -ENOSPC;
  /* First byte last: a reader sees the whole name or none. What follows is zero already, or left by a writer that was killed. */
  for (u32 i = 1; i < NAMES_SIZE - end; i++) STORE(host->names[end + i], (uint8_t)(i < length ? name[i] : 0));
  STORE_RELEASE(host->names[end], (uint8_t)name[0]);
  STORE_RELEASE(host->number, number);
  return 0;
}
