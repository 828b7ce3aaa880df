/* SPDX-License-Identifier: MIT
 * cc: -static
 * What no preload library reaches: a worker that takes a connection from its standard input, or a server on real loopback. */
#include "head.h"

static void listening(void) { must(listen(bound(AF_INET, SOCK_STREAM, "server"), 1) == 0); }

/* The envelope comes as one more descriptor. */
static int take_first(void) {
  struct received r = receive_descriptors(STDIN_FILENO, MSG_CMSG_CLOEXEC);
  must(r.count >= 1);
  for (int i = 1; i < r.count && !is_wrong; i++) close(r.fds[i]);
  return r.fds[0];
}
static void taking(void) { take_input(take_first()); }
static void accepting(void) { take_input(accept(take_first(), NULL, NULL)); }

static void idle(void) {}

static const struct job jobs[] = {{"listening", listening}, {"taking", taking}, {"accepting", accepting}, {"idle", idle}};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
