/* SPDX-License-Identifier: MIT
 * Every way to fork, also those that libc's atfork handlers don't hear of: the child's sockets are its own, the shared ones are shared, and the
 * last holder's close ends the name. */
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>

#include "transcript.h"

enum way { FORK, BARE_FORK, CLONE, RAW_FORK, RAW_CLONE, RAW_CLONE3, WAYS };
static const char *const names[] = {"fork", "_Fork", "clone", "SYS_fork", "SYS_clone", "SYS_clone3"};

static int family, server;

static int child(void *argument) {
  (void)argument;
  say_local("  child: the listener", server);
  int mine = socket(family, SOCK_STREAM, 0);
  struct name n = local_of(server);
  check("  child: connect", connect(mine, sa(&n), n.length));
  int accepted = accept(server, NULL, NULL);
  n = local_of(mine);
  name_port(name_port_of(&n), "child's");
  say_peer("  child: accepted", accepted);
  check("  child: a socket of its own", listen(socket(family, SOCK_STREAM, 0), 1));
  close(mine), close(accepted);
  check("  child: close of the listener", close(server));
  return 5;
}

static char stack[65536] __attribute__((aligned(16)));

static pid_t start(enum way way) {
  pid_t pid = -1;
  switch (way) {
    case FORK: pid = fork(); break;
    case BARE_FORK: pid = _Fork(); break;
    case CLONE: return clone(child, stack + sizeof stack, SIGCHLD, NULL);
#ifdef SYS_fork
    case RAW_FORK: pid = (pid_t)syscall(SYS_fork); break;
#else
    case RAW_FORK: pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); break;
#endif
    case RAW_CLONE: pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); break;
    case RAW_CLONE3: {
      struct clone_args wanted = {.exit_signal = SIGCHLD};
      pid = (pid_t)syscall(SYS_clone3, &wanted, sizeof wanted);
      break;
    }
    case WAYS: break;
  }
  if (pid == 0) _exit(child(NULL));
  return pid;
}

static int program(void *argument) {
  int *fds = argument;
  dup2(fds[0], 40);
  close(fds[0]);
  close(fds[1]);
  dup2(STDERR_FILENO, fds[1]);
  execlp("true", "true", NULL);
  return 9;
}

static void run(int of) {
  family = of;
  for (enum way way = 0; way < WAYS; way++) {
    say("%s", names[way]);
    server = listener(family);
    struct name n = local_of(server);
    say("  ended with %d", end_of(start(way)));
    check("  the listener is still there", close(connected_to(server)));
    check("  close", close(server));
    int again = socket(family, SOCK_STREAM, 0);
    int one = 1;
    setsockopt(again, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    check("  its address is free", bind(again, sa(&n), n.length));
    close(again);
  }
  say("clone as vfork does, and exec");
  struct pair p = stream_pair(family);
  say("  ended with %d", end_of(clone(program, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, (int[]){p.client, p.server})));
  say_peer("  client", p.client);
  say_local("  server", p.server);
  say_local("  40", 40);
  check("  send", send(p.client, "x", 1, 0));
  check("  recv", recv(p.server, stack, 1, 0));
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
