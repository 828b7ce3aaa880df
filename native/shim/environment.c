/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

enum { OWN_MAX = 16, OWN_BYTES = 8192 };

static const char *const prefixes[] = {"LD_PRELOAD=", "SOCKET_WRAPPER_", "VITEST_SOCKET_WRAPPER_"};
static char bytes[OWN_BYTES];
static char *own[OWN_MAX];
static char shim_path[PATH_MAX];

static bool starts_with(const char *text, const char *prefix) { return strncmp(text, prefix, strlen(prefix)) == 0; }

static size_t name_length(const char *variable) { return strcspn(variable, "=") + 1; }

void environment_keep(void) {
  Dl_info self;
  if (dladdr((void *)environment_keep, &self) && self.dli_fname && strlen(self.dli_fname) < sizeof shim_path)
    strcpy(shim_path, self.dli_fname);
  size_t used = 0;
  int count = 0;
  for (char **at = environ; at && *at; at++) {
    bool ours = false;
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) ours |= starts_with(*at, prefixes[i]);
    size_t size = strlen(*at) + 1;
    if (!ours) continue;
    if (count == OWN_MAX || used + size > sizeof bytes) {
      LOG(LOG_WARN, "no room to keep %s for children that wipe their environment", *at);
      continue;
    }
    own[count++] = memcpy(bytes + used, *at, size);
    used += size;
  }
}

/* A list of its own without the shim gets it in front; returns false when that does not fit. */
static bool prepend_shim(const char *list, char *out, size_t size) {
  static const char name[] = "LD_PRELOAD=";
  const char *value = list + sizeof name - 1;
  if (sizeof name + strlen(shim_path) + 1 + strlen(value) > size) return false;
  char *at = stpcpy(stpcpy(out, name), shim_path);
  if (*value) stpcpy(stpcpy(at, ":"), value);
  return true;
}

char *const *environment_with(char *const given[], struct environment_room *room) {
  if (!own[0]) return given;
  int count = 0;
  bool changed = false, has[OWN_MAX] = {false};
  for (; given && given[count]; count++) {
    if (count + OWN_MAX + 1 >= ENVIRONMENT_MAX) return given;
    room->variables[count] = given[count];
    for (int i = 0; i < OWN_MAX && own[i]; i++)
      if (strncmp(given[count], own[i], name_length(own[i])) == 0) has[i] = true;
    if (!starts_with(given[count], "LD_PRELOAD=") || strstr(given[count], shim_path)) continue;
    if (!prepend_shim(given[count], room->preload, sizeof room->preload)) return given;
    room->variables[count] = room->preload;
    changed = true;
  }
  for (int i = 0; i < OWN_MAX && own[i]; i++) {
    if (has[i]) continue;
    room->variables[count++] = own[i];
    changed = true;
  }
  room->variables[count] = NULL;
  return changed ? room->variables : given;
}
