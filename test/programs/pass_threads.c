/* SPDX-License-Identifier: MIT
 * cc: -pthread
 * Eight threads pass sockets to each other at once, while a signal handler does the same and children are forked. */
#include <pthread.h>

#include "passing.h"

enum { THREADS = 8, ROUNDS = 60 };
static int listening, in_handler;
static struct carrier handler_carrier;
static _Atomic int good;

static int check_one(struct carrier c, int count) {
  int fds[20];
  for (int i = 0; i < count; i++) fds[i] = listening;
  if (send_descriptors(c.from, fds, (size_t)count, 0) != 1) return 0;
  struct received r = receive_descriptors(c.to, MSG_CMSG_CLOEXEC);
  int right = r.count == count;
  for (int i = 0; i < r.count; i++) {
    right = right && int_option(r.fds[i], SOL_SOCKET, SO_DOMAIN) == AF_INET && int_option(r.fds[i], SOL_SOCKET, SO_ACCEPTCONN) == 1;
    close(r.fds[i]);
  }
  return right;
}

static void on_signal(int number) {
  (void)number;
  int saved = errno;
  in_handler += check_one(handler_carrier, 1);
  errno = saved;
}

static void *run(void *argument) {
  int number = *(int *)argument;
  struct carrier c = carrier_of(number % 2 ? SOCK_STREAM : SOCK_SEQPACKET);
  for (int i = 0; i < ROUNDS; i++) {
    good += check_one(c, 1 + (i + number) % 20);
    int own = socket(AF_INET, SOCK_DGRAM, 0);
    good += own >= 0 && close(own) == 0;
  }
  close_carrier(c);
  return NULL;
}

int main(void) {
  listening = listener(AF_INET);
  handler_carrier = carrier_of(SOCK_STREAM);
  int base = open_descriptors();
  sigset_t set, before;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_t threads[THREADS];
  int numbers[THREADS];
  pthread_sigmask(SIG_BLOCK, &set, &before);
  for (int i = 0; i < THREADS; i++) {
    numbers[i] = i;
    must(pthread_create(&threads[i], NULL, run, &numbers[i]) == 0);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  signal(SIGUSR1, on_signal);
  struct carrier own = carrier_of(SOCK_STREAM);
  int rounds = 0, forked = 0;
  for (; rounds < ROUNDS; rounds++) {
    raise(SIGUSR1);
    good += check_one(own, 3);
    if (rounds % 20) continue;
    pid_t pid = fork();
    if (pid == 0) {
      struct carrier mine = carrier_of(SOCK_STREAM);
      _exit(check_one(mine, 5) ? 0 : 1);
    }
    forked += end_of(pid) == 0;
  }
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  close_carrier(own);
  say("threads %d of %d, handler %d of %d, children %d of 3", (int)good, 2 * THREADS * ROUNDS + ROUNDS, in_handler, ROUNDS, forked);
  say("%d more descriptors are open", open_descriptors() - base);
  close(listening);
  say("end");
}
