/* SPDX-License-Identifier: MIT */
#include "environment.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

enum { OWN_MAX = 16, OWN_BYTES = 8192 };
#define PRELOAD "LD_PRELOAD="

static const char *const prefixes[] = {PRELOAD, "SOCKET_WRAPPER_", "VITEST_SOCKET_WRAPPER_"};
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

static bool has(char *const given[], const char *variable) {
  for (; given && *given; given++)
    if (strncmp(*given, variable, name_length(variable)) == 0) return true;
  return false;
}

/* A list of libraries of the program's own, without the shim. */
static bool lacks_shim(const char *variable) { return starts_with(variable, PRELOAD) && !strstr(variable, shim_path); }

size_t environment_room(char *const given[]) {
  size_t count = 0, missing = 0, preload = 0;
  for (int i = 0; i < OWN_MAX && own[i]; i++) missing += !has(given, own[i]);
  for (; own[0] && given && given[count]; count++)
    if (lacks_shim(given[count])) preload += strlen(given[count]) + strlen(shim_path) + sizeof ":";
  return missing || preload ? (count + missing + 1) * sizeof *given + preload : 0;
}

char *const *environment_with(char *const given[], void *room) {
  if (!room) return given;
  char **out = room, *text;
  size_t count = 0, added = 0;
  while (given && given[count]) count++;
  for (int i = 0; i < OWN_MAX && own[i]; i++)
    if (!has(given, own[i])) out[count + added++] = own[i];
  out[count + added] = NULL;
  text = (char *)&out[count + added + 1];
  for (size_t i = 0; i < count; i++) {
    out[i] = given[i];
    if (!lacks_shim(given[i])) continue;
    const char *value = given[i] + sizeof PRELOAD - 1;
    out[i] = text;
    text = stpcpy(stpcpy(text, PRELOAD), shim_path);
    if (*value) text = stpcpy(stpcpy(text, ":"), value);
    text++;
  }
  return out;
}

void environment_restore(void) {
  for (int i = 0; i < OWN_MAX && own[i]; i++)
    if (!has(environ, own[i])) putenv(own[i]);
  for (char **at = environ; own[0] && at && *at; at++) {
    if (!lacks_shim(*at)) continue;
    char list[2 * PATH_MAX];
    const char *value = *at + sizeof PRELOAD - 1;
    if (strlen(shim_path) + strlen(value) + 2 > sizeof list) return;
    char *end = stpcpy(list, shim_path);
    if (*value) stpcpy(stpcpy(end, ":"), value);
    setenv("LD_PRELOAD", list, 1);
    return;
  }
}
