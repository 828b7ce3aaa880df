/* SPDX-License-Identifier: MIT
 * A server that starts a program without the shim. */
#include "head.h"

static _Noreturn void exec_outside(const char *name) {
  execl(getenv("FINDINGS_STATIC"), "static", name, is_wrong ? "wrong" : "right", NULL);
  must(!"exec");
  _exit(2);
}

static void escaped(void) {
  take_input(next_client(server_on(80, true)));
  if (fork() == 0) exec_outside(is_wrong ? "listening" : "idle");
  stay();
}

static int start_outside(const char *name) {
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  if (fork() == 0) {
    must(dup2(c.to, STDIN_FILENO) == STDIN_FILENO);
    exec_outside(name);
  }
  close(c.to);
  return c.from;
}
static void pass_outside(int channel, int fd) {
  pass(channel, fd);
  close(fd);
  stay();
}
static void enveloped(void) {
  int channel = start_outside("taking");
  pass_outside(channel, next_client(server_on(80, true)));
}
static void enveloped_listener(void) {
  int channel = start_outside("accepting");
  pass_outside(channel, server_on(80, true));
}

static const struct job jobs[] = {{"escaped", escaped}, {"enveloped", enveloped}, {"enveloped-listener", enveloped_listener}};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
