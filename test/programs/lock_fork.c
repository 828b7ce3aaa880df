/* SPDX-License-Identifier: MIT
 * Children that are forked while another thread binds live on with what that thread had open: nobody waits for them. */
#include "transcript.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CHILDREN = 40 };

static struct name taken;
static atomic_bool over;
static atomic_int binds, surprises;

static int bind_taken(void) {
  int fd = socket(taken.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int result = bind(fd, sa(&taken), taken.length) < 0 ? errno : 0;
  close(fd);
  return result;
}

static void *binder(void *unused) {
  while (!over) {
    if (bind_taken() != EADDRINUSE) surprises++;
    binds++;
  }
  return unused;
}

static void run(int family) {
  int server = listener(family), ends[2];
  pid_t children[CHILDREN];
  pthread_t thread;
  taken = local_of(server);
  over = false;
  binds = 0;
  must(pipe(ends) == 0 && pthread_create(&thread, NULL, binder, NULL) == 0);
  for (int i = 0; i < CHILDREN; i++) {
    int before = binds;
    children[i] = fork();
    if (children[i] == 0) {
      char byte;
      close(ends[1]);
      _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    /* The thread gets on, whatever it was doing. */
    while (binds < before + 2) sched_yield();
  }
  over = true;
  must(pthread_join(thread, NULL) == 0);
  say("binds that did not say EADDRINUSE: %d, one more: %s", surprises, strerrorname_np(bind_taken()));
  close(ends[1]);
  close(ends[0]);
  int failed = 0;
  for (int i = 0; i < CHILDREN; i++) failed += end_of(children[i]) != 0;
  say("children that failed: %d", failed);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
