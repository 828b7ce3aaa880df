/* SPDX-License-Identifier: MIT
 * A thread closes the numbers that another one's accept is about to give out, as a loop over all descriptors does: the accept goes on. */
#include "transcript.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ROUNDS = 5000 };

static atomic_int victim;

static void *closer(void *unused) {
  for (int fd; (fd = victim) >= 0;) close(fd);
  return unused;
}

static void run(int family) {
  int server = listener(family), accepts = 0;
  pthread_t thread;
  victim = 60;
  must(dup2(server, 59) == 59 && pthread_create(&thread, NULL, closer, NULL) == 0);
  /* No number below is free. */
  for (int fd; (fd = dup(STDERR_FILENO)) < 58;) must(fd >= 0);
  close(58);
  for (int i = 0; i < ROUNDS; i++) {
    int client = connected_to(server);
    victim = client == 58 ? 60 : 58;
    int accepted = accept(server, NULL, NULL);
    accepts += accepted >= 0;
    close(accepted);
    close(client);
  }
  victim = -1;
  must(pthread_join(thread, NULL) == 0);
  say("accepts %d", accepts);
  closefrom(3);
}

int main(void) {
  each_family(run);
  say("end");
}
