/* SPDX-License-Identifier: MIT
 * vfork + dup2 + exec, posix_spawn with file actions, popen: the child's standard input and output are sockets; the parent's table is untouched. */
#include <spawn.h>

#include "transcript.h"

extern char **environ;

static void expect_same(const char *what, struct pair p) {
  struct name n = {.length = sizeof n.at};
  say("%s: parent's 0 is no socket: %s", what, getsockname(STDIN_FILENO, sa(&n), &n.length) < 0 ? strerrorname_np(errno) : text(&n));
  say_local(what, p.client);
  say_peer(what, p.client);
}

static char *arguments[] = {"cat", NULL};

static pid_t vfork_cat(struct pair p) {
  pid_t child = vfork();
  if (child == 0) {
    dup2(p.server, STDIN_FILENO);
    dup2(p.server, STDOUT_FILENO);
    close(p.server);
    close(p.client);
    execvp("cat", arguments);
    _exit(99);
  }
  return child;
}
static pid_t vfork_in_vain(struct pair p) {
  pid_t child = vfork();
  if (child == 0) {
    close(p.client);
    dup2(STDERR_FILENO, p.server);
    execlp("/nonexistent/program", "x", NULL);
    _exit(5);
  }
  return child;
}

static void run(int family) {
  char bytes[64];
  for (int way = 0; way < 3; way++) {
    const char *what = way == 0 ? "vfork" : way == 1 ? "posix_spawn" : "fork";
    struct pair p = stream_pair(family);
    pid_t child = -1;
    if (way == 0) {
      child = vfork_cat(p);
    } else if (way == 1) {
      posix_spawn_file_actions_t actions;
      posix_spawn_file_actions_init(&actions);
      posix_spawn_file_actions_adddup2(&actions, p.server, STDIN_FILENO);
      posix_spawn_file_actions_adddup2(&actions, p.server, STDOUT_FILENO);
      posix_spawn_file_actions_addclose(&actions, p.client);
      must(posix_spawnp(&child, "cat", &actions, NULL, arguments, environ) == 0);
      posix_spawn_file_actions_destroy(&actions);
    } else {
      child = fork();
      if (child == 0) {
        dup2(p.server, STDIN_FILENO);
        dup2(p.server, STDOUT_FILENO);
        execvp("cat", arguments);
        _exit(99);
      }
    }
    must(child > 0);
    expect_same(what, p);
    close(p.server);
    check("send to cat", send(p.client, "through cat", 11, 0));
    check("the end for cat", shutdown(p.client, SHUT_WR));
    memset(bytes, 0, sizeof bytes);
    check("its answer", (long)read_all(p.client, bytes, sizeof bytes));
    say("%s, it ended with %d", bytes, end_of(child));
    close(p.client);
  }
  /* A vfork child that fails to exec. */
  struct pair p = stream_pair(family);
  say("it ended with %d", end_of(vfork_in_vain(p)));
  expect_same("after it", p);
  check("send", send(p.client, "still", 5, 0));
  check("recv", recv(p.server, bytes, sizeof bytes, 0));
  close_pair(p);
  FILE *pipe_of = popen("cat", "w");
  must(pipe_of && fputs("popen\n", pipe_of) >= 0);
  say("pclose %d", pclose(pipe_of));
  say("system %d", system("exit 3") >> 8);
}

int main(void) {
  must(freopen("/dev/null", "r", stdin) != NULL);
  each_family(run);
  say("end");
}
