/* SPDX-License-Identifier: MIT
 * exec, posix_spawn, system and popen: the new program is in the network, with the sockets that it inherits. */
#include <alloca.h>
#include <stdarg.h>

#include "enter.h"
#include "environment.h"
#include "explore.h"
#include "libc.h"
#include "process.h"

/* `environment` as the new program gets it. On this function's stack: nothing may be allocated after vfork. */
#define WITH_OURS(environment)                                   \
  (__extension__({                                               \
    size_t room_ = environment_room(environment);                \
    environment_with(environment, room_ ? alloca(room_) : NULL); \
  }))

/* An exec that returns has failed. */
static int failed(int result) {
  process_exec_failed();
  return result;
}

EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
  process_before_exec(path);
  return failed(libc.execve(path, arguments, WITH_OURS(environment)));
}

EXPORT int execv(const char *path, char *const arguments[]) { return execve(path, arguments, environ); }

EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
  process_before_exec(file);
  return failed(libc.execvpe(file, arguments, WITH_OURS(environment)));
}

EXPORT int execvp(const char *file, char *const arguments[]) { return execvpe(file, arguments, environ); }

EXPORT int execveat(int dir, const char *path, char *const arguments[], char *const environment[], int flags) {
  process_before_exec(path);
  return failed(libc.execveat(dir, path, arguments, WITH_OURS(environment), flags));
}

EXPORT int fexecve(int fd, char *const arguments[], char *const environment[]) {
  process_before_exec(NULL);
  return failed(libc.fexecve(fd, arguments, WITH_OURS(environment)));
}

/* The arguments of execl and its like as an array, on the caller's stack. `last` is the one before the dots. */
#define GATHER(list, first)                                   \
  size_t count = 1;                                           \
  va_list counted;                                            \
  va_copy(counted, list);                                     \
  while (va_arg(counted, char *)) count++;                    \
  va_end(counted);                                            \
  char **arguments = alloca((count + 1) * sizeof *arguments); \
  arguments[0] = (char *)(first);                             \
  for (size_t i = 1; i <= count; i++) arguments[i] = va_arg(list, char *)

EXPORT int execl(const char *path, const char *argument, ...) {
  va_list list;
  va_start(list, argument);
  GATHER(list, argument);
  va_end(list);
  return execve(path, arguments, environ);
}

EXPORT int execlp(const char *file, const char *argument, ...) {
  va_list list;
  va_start(list, argument);
  GATHER(list, argument);
  va_end(list);
  return execvpe(file, arguments, environ);
}

EXPORT int execle(const char *path, const char *argument, ...) {
  va_list list;
  va_start(list, argument);
  GATHER(list, argument);
  char *const *environment = va_arg(list, char *const *);
  va_end(list);
  return execve(path, arguments, environment);
}

typedef __typeof__(posix_spawn) spawner;

static int spawn(spawner *real, pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[]) {
  pid_t child;
  u64 since = process_before_spawn(actions);
  int result = real(&child, path, actions, attributes, arguments, WITH_OURS(environment));
  if (result) {
    explore_no_birth();
    return result;
  }
  process_spawned(child, path, since);
  if (pid) *pid = child;
  return 0;
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                       char *const arguments[], char *const environment[]) {
  return spawn(libc.posix_spawn, pid, path, actions, attributes, arguments, environment);
}

EXPORT int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
                        char *const arguments[], char *const environment[]) {
  return spawn(libc.posix_spawnp, pid, file, actions, attributes, arguments, environment);
}

/* These two spawn inside of libc, with environ as it is. */
EXPORT int system(const char *command) {
  if (command) process_before_spawn(false), environment_restore();
  return libc.system(command);
}

EXPORT FILE *popen(const char *command, const char *mode) {
  process_before_spawn(false);
  environment_restore();
  return libc.popen(command, mode);
}
