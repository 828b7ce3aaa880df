/* SPDX-License-Identifier: MIT
 * Socket activation by vfork and by posix_spawn: a listener with close-on-exec becomes the child's standard input, the parent closes its own,
 * and the child serves on. */
#include <spawn.h>

#include "transcript.h"

extern char **environ;

static char *program;

/* The new program, with a listener at 0. */
static int serve(void) {
  char byte;
  struct name n = {.length = sizeof n.at};
  if (read(3, &byte, 1) != 1) return 10; /* the parent has closed its own */
  if (getsockname(0, sa(&n), &n.length) < 0 || (n.at.ss_family != AF_INET && n.at.ss_family != AF_INET6)) return 11;
  int accepted = accept(0, NULL, NULL);
  return accepted >= 0 && write(accepted, "served", 6) == 6 ? 7 : 12;
}

static pid_t start(bool by_vfork, int server, int go) {
  char *arguments[] = {program, "serve", NULL};
  pid_t child;
  if (by_vfork) {
    child = vfork();
    if (child == 0) {
      dup2(go, 3);
      dup2(server, 0);
      execv(program, arguments);
      _exit(99);
    }
    return child;
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, go, 3);
  posix_spawn_file_actions_adddup2(&actions, server, 0);
  must(posix_spawn(&child, program, &actions, NULL, arguments, environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

static int high(int fd) {
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 50);
  must(copy >= 0 && close(fd) == 0);
  return copy;
}

static void run(int family) {
  for (int by_vfork = 1; by_vfork >= 0; by_vfork--) {
    int ends[2], server = high(listener(family));
    struct name at = local_of(server);
    must(pipe2(ends, O_CLOEXEC) == 0);
    ends[0] = high(ends[0]);
    ends[1] = high(ends[1]);
    pid_t child = start(by_vfork, server, ends[0]);
    must(child > 0);
    close(server);
    must(write(ends[1], "x", 1) == 1);
    int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(by_vfork ? "connect to the child of vfork" : "connect to the child of posix_spawn", connect(client, sa(&at), at.length));
    char bytes[8] = "";
    (void)!read(client, bytes, 6);
    if (*bytes == 0) kill(child, SIGKILL);
    say("%s, it ended with %d", bytes, end_of(child));
    close(client);
    close(ends[0]);
    close(ends[1]);
  }
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "serve") == 0) return serve();
  program = arguments[0];
  each_family(run);
  say("end");
}
