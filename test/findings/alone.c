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

/* What a server starts in a session of its own lives on when the server has ended. */
static void daemonized(void) {
  take_input(next_client(server_on(80, true)));
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t child = fork();
  if (child == 0) {
    setsid();
    tell(c.to);
    if (is_wrong) stay();
    _exit(0);
  }
  hear(c.from);
  if (!is_wrong) end_of(child);
  ready_and_end();
}

/* More sockets at a time than a network has room for. */
static void crowded(void) {
  enum { MANY = 1200 };
  must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){2 * MANY, 2 * MANY}) == 0);
  take_input(next_client(server_on(80, true)));
  for (int i = 0; i < MANY; i++) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct name any = any_address(AF_INET, 0);
    must(fd >= 0 && bind(fd, sa(&any), any.length) == 0);
    if (!is_wrong) close(fd);
  }
}

static const struct job jobs[] = {
    {"stale", stale}, {"growing", growing}, {"killed", killed}, {"daemonized", daemonized}, {"crowded", crowded},
};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
