/* SPDX-License-Identifier: MIT
 * A server that starts a program outside of its network: this one again. */
#include "head.h"

static void escaped(void) {
  take_input(next_client(server_on(80, true)));
  if (is_wrong) unsetenv("LD_PRELOAD");
  if (fork() == 0) {
    execl("/proc/self/exe", "helper", "listening", "", NULL);
    must(!"exec");
  }
  stay();
}

static void listening(void) { listener(AF_INET); }

static const struct job jobs[] = {{"escaped", escaped}, {"listening", listening}};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
