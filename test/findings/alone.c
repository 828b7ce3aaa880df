/* SPDX-License-Identifier: MIT
 * A server that does its work alone. */
#include "head.h"

static void stale(void) {
  int connection = next_client(server_on(80, true));
  take_input(connection);
  must(close(connection) == 0);
  if (is_wrong) must(close(connection) == -1 && errno == EBADF);
}

static void growing(void) {
  int server = server_on(80, true);
  for (;;) {
    int connection = next_client(server);
    take_input(connection);
    if (!is_wrong) close(connection);
    say("served");
  }
}

/* A child that listens is told to end, or killed. */
static void killed(void) {
  int server = server_on(80, true);
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t child = fork();
  if (child == 0) {
    int second = server_on(81, true);
    tell(c.to);
    hear(c.to);
    close(second);
    _exit(0);
  }
  hear(c.from);
  if (is_wrong)
    kill(child, SIGKILL);
  else
    tell(c.from);
  end_of(child);
  take_input(next_client(server));
}

/* What a child starts in a session of its own lives on when its parents are gone. */
static void daemonized(void) {
  int connection = next_client(server_on(80, true));
  take_input(connection);
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t child = fork();
  if (child == 0) {
    setsid();
    if (is_wrong && fork() > 0) _exit(0);
    tell(c.to);
    if (is_wrong) stay();
    _exit(0);
  }
  hear(c.from);
  end_of(child);
}

static const struct job jobs[] = {{"stale", stale}, {"growing", growing}, {"killed", killed}, {"daemonized", daemonized}};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
