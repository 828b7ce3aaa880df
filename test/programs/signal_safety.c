/* SPDX-License-Identifier: MIT
 * Socket calls inside signal handlers that interrupt socket calls; EINTR and SA_RESTART. */
#include "transcript.h"

#include <sys/time.h>

static int family_now;
static volatile sig_atomic_t runs, failures;

static void handler(int number) {
  (void)number;
  int saved = errno, fd = socket(family_now, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct name n = loopback(family_now, 0);
  if (fd < 0 || bind(fd, sa(&n), n.length) < 0 || listen(fd, 1) < 0 || close(fd) < 0) failures++;
  runs++;
  errno = saved;
}
static void only_interrupt(int number) { (void)number; }

static void run(int family) {
  family_now = family;
  runs = failures = 0;
  struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
  must(sigaction(SIGALRM, &act, NULL) == 0);
  must(setitimer(ITIMER_REAL, &(struct itimerval){{0, 300}, {0, 300}}, NULL) == 0);
  int bad = 0;
  while (runs < 200) {
    int fd = socket(family, SOCK_STREAM, 0), copy = dup(fd);
    struct name n = loopback(family, 0);
    if (fd < 0 || copy < 0 || bind(fd, sa(&n), n.length) < 0 || close(copy) < 0 || close(fd) < 0) bad++;
  }
  must(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL) == 0);
  say("200 handlers: failures %d, failures outside %d", (int)failures, bad);
  struct pair p = stream_pair(family);
  act = (struct sigaction){.sa_handler = only_interrupt};
  must(sigaction(SIGALRM, &act, NULL) == 0);
  must(setitimer(ITIMER_REAL, &(struct itimerval){{0, 20000}, {0, 20000}}, NULL) == 0);
  char byte;
  check("an interrupted recv", recv(p.server, &byte, 1, 0));
  int server = listener(family), udp = bound(family, SOCK_DGRAM, "udp");
  check_fd("an interrupted accept", accept(server, NULL, NULL));
  check("an interrupted datagram recv", recv(udp, &byte, 1, 0));
  struct pollfd waiting = {.fd = udp, .events = POLLIN};
  check("an interrupted poll", poll(&waiting, 1, 10000));
  must(setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL) == 0);
  close(server);
  close(udp);
  close_pair(p);
}

int main(void) {
  each_family(run);
  alarm(0);
  say("end");
}
