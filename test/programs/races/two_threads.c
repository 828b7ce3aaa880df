/* SPDX-License-Identifier: MIT
 * R2, depth 2: two threads find one connection in a table, and each sends it to its own worker.
 * cc: -pthread */
#include <pthread.h>

#include "race.h"

static int ticket[2], channel[2];
static volatile int table;

static void serve(int from) {
  int fd = receive_fd(from, 0);
  if (fd >= 0) take(fd);
}

static void *hand_out(void *argument) {
  int i = (int)(long)argument;
  work(3 * i);
  close(ticket[i]);
  if (table < 0) return NULL;
  check(send_fd(channel[i], table) == 0, "send");
  table = -1;
  return NULL;
}

int main(void) {
  pthread_t threads[2];
  ticket[0] = connection(), ticket[1] = connection();
  channel[0] = worker(serve), channel[1] = worker(serve);
  int fd = table = connection();
  for (long i = 0; i < 2; i++) check(pthread_create(&threads[i], NULL, hand_out, (void *)i) == 0, "thread");
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  close(fd);
  for (int i = 0; i < 2; i++) shutdown(channel[i], SHUT_WR);
  return wait_for_all();
}
