/* SPDX-License-Identifier: MIT
 * Processes that bind, listen on and close the same port in turn: whoever has it is alone, and can be reached. */
#include "transcript.h"

#include <stdatomic.h>
#include <sys/mman.h>

enum { PROCESSES = 4, ROUNDS = 1500 };

static struct shared {
  atomic_int owners, rounds, together, unreachable;
} * shared;

static void be_alone(struct name at) {
  int client = socket(at.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct linger reset = {.l_onoff = 1};
  must(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
  if (atomic_fetch_add(&shared->owners, 1) > 0) shared->together++;
  if (connect(client, sa(&at), at.length) < 0) shared->unreachable++;
  close(client);
  shared->owners--;
}

static void contend(struct name at) {
  while (shared->rounds < ROUNDS) {
    int fd = socket(at.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, sa(&at), at.length) == 0 && listen(fd, 4) == 0) {
      be_alone(at);
      shared->rounds++;
    }
    close(fd);
  }
}

static void run(int family) {
  int first = listener(family);
  struct name at = local_of(first);
  pid_t children[PROCESSES];
  close(first);
  memset(shared, 0, sizeof *shared);
  for (int i = 0; i < PROCESSES; i++) {
    children[i] = fork();
    if (children[i] > 0) continue;
    contend(at);
    _exit(0);
  }
  for (int i = 0; i < PROCESSES; i++) must(end_of(children[i]) == 0);
  say("together %d, unreachable %d", shared->together, shared->unreachable);
}

int main(void) {
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(shared != MAP_FAILED);
  each_family(run);
  say("end");
}
