/* SPDX-License-Identifier: MIT
 * A write that waits for room, and a signal handler: with SA_RESTART it goes on waiting, without it ends. */
#include <time.h>

#include "transcript.h"

static int peer;
static volatile sig_atomic_t drained;

static void drain(int number) {
  (void)number;
  char bytes[65536];
  while (recv(peer, bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
  drained = 1;
}
static void nothing(int number) { (void)number; }

/* Until it fails: the kernel's TCP may find room once more. */
static void write_on(const char *what, int fd) {
  static char bytes[65536];
  ssize_t written;
  do written = write(fd, bytes, sizeof bytes);
  while (written > 0 && !drained);
  check(what, written > 0 ? 1 : written);
}

/* Comes again and again, so that one of them meets the sleeping write. */
static timer_t every(long ms, int number) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = number};
  struct itimerspec times = {.it_interval.tv_nsec = ms * 1000000, .it_value.tv_nsec = ms * 1000000};
  must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0 && timer_settime(timer, 0, &times, NULL) == 0);
  return timer;
}

static void run(int family) {
  struct pair p = stream_pair(family);
  peer = p.server;
  must(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing, .sa_flags = SA_RESTART}, NULL) == 0);
  must(sigaction(SIGUSR2, &(struct sigaction){.sa_handler = drain, .sa_flags = SA_RESTART}, NULL) == 0);
  timer_t often = every(5, SIGUSR1), once = every(60, SIGUSR2);
  write_on("with SA_RESTART, until there is room", p.client);
  must(timer_delete(once) == 0);
  drained = 0;
  must(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing}, NULL) == 0);
  write_on("without", p.client);
  must(sigaction(SIGUSR1, &(struct sigaction){.sa_handler = nothing, .sa_flags = SA_RESTART}, NULL) == 0);
  must(setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){.tv_sec = 20}, sizeof(struct timeval)) == 0);
  write_on("with SA_RESTART and a time-out", p.client);
  must(timer_delete(often) == 0);
  must(setsockopt(p.client, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){.tv_usec = 30000}, sizeof(struct timeval)) == 0);
  write_on("until the time-out", p.client);
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
