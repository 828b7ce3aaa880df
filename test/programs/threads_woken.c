/* SPDX-License-Identifier: MIT
 * cc: -pthread
 * A thread that sleeps in accept, recv or connect is woken by shutdown in another, by the peer's end, and by a signal. */
#include <pthread.h>

#include "transcript.h"

struct job {
  int fd, call, started;
  long result;
  int error;
};

static void *work(void *argument) {
  struct job *job = argument;
  char byte;
  __atomic_store_n(&job->started, 1, __ATOMIC_RELEASE);
  job->result = job->call == 0 ? (long)recv(job->fd, &byte, 1, 0) : accept(job->fd, NULL, NULL);
  job->error = errno;
  return NULL;
}

/* In the call, as far as the kernel tells: asleep. */
static void until_asleep(struct job *job, pthread_t thread) {
  (void)thread;
  while (!__atomic_load_n(&job->started, __ATOMIC_ACQUIRE)) sched_yield();
  for (int tries = 0; tries < 2000; tries++) {
    FILE *file = popen("cat /proc/$PPID/task/*/stat | awk '$3 == \"S\"' | wc -l", "r");
    int asleep = 0;
    must(file && fscanf(file, "%d", &asleep) == 1 && pclose(file) == 0);
    if (asleep >= 1) return;
  }
}

static void report(const char *what, struct job *job, pthread_t thread) {
  must(pthread_join(thread, NULL) == 0);
  say("%s: %s", what, job->result < 0 ? strerrorname_np(job->error) : job->result == 0 ? "the end" : "something");
}

static void run(int family) {
  pthread_t thread;
  struct pair p = stream_pair(family);
  struct job reading = {.fd = p.server};
  must(pthread_create(&thread, NULL, work, &reading) == 0);
  until_asleep(&reading, thread);
  must(shutdown(p.server, SHUT_RD) == 0);
  report("recv, SHUT_RD", &reading, thread);
  close_pair(p);

  p = stream_pair(family);
  reading = (struct job){.fd = p.server};
  must(pthread_create(&thread, NULL, work, &reading) == 0);
  until_asleep(&reading, thread);
  close(p.client);
  report("recv, the peer closes", &reading, thread);
  close(p.server);

  int server = listener(family);
  struct job accepting = {.fd = server, .call = 1};
  must(pthread_create(&thread, NULL, work, &accepting) == 0);
  until_asleep(&accepting, thread);
  must(shutdown(server, SHUT_RDWR) == 0);
  report("accept, shutdown of the listener", &accepting, thread);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
