/* SPDX-License-Identifier: MIT
 * Children that are forked while another thread sends into a full queue live on with what that thread had open: nobody waits for them. */
#include "transcript.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CHILDREN = 40 };

static struct name full;
static atomic_bool over;
static atomic_int sends, surprises;

static void *sender(void *unused) {
  int fd = socket(full.at.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  while (!over) {
    if (sendto(fd, "more", 4, 0, sa(&full), full.length) != 4) surprises++;
    sends++;
  }
  close(fd);
  return unused;
}

static void run(int family) {
  int receiver = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), ends[2];
  pid_t children[CHILDREN];
  pthread_t thread;
  full = loopback(family, 0);
  must(bind(receiver, sa(&full), full.length) == 0);
  full = local_of(receiver);
  over = false;
  sends = surprises = 0;
  must(pipe(ends) == 0 && pthread_create(&thread, NULL, sender, NULL) == 0);
  while (sends < 20) sched_yield();
  for (int i = 0; i < CHILDREN; i++) {
    int before = sends;
    children[i] = fork();
    if (children[i] == 0) {
      char byte;
      close(ends[1]);
      _exit(read(ends[0], &byte, 1) == 0 ? 0 : 1);
    }
    /* The thread gets on, whatever it was doing. */
    while (sends < before + 2) sched_yield();
  }
  over = true;
  must(pthread_join(thread, NULL) == 0);
  char bytes[8];
  say("sends that failed: %d, the first one: %zd bytes", surprises, recv(receiver, bytes, sizeof bytes, 0));
  close(ends[1]);
  close(ends[0]);
  int failed = 0;
  for (int i = 0; i < CHILDREN; i++) failed += end_of(children[i]) != 0;
  say("children that failed: %d", failed);
  close(receiver);
}

int main(void) {
  each_family(run);
  say("end");
}
