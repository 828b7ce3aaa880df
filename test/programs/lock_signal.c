/* SPDX-License-Identifier: MIT
 * bind(2) in a signal handler that interrupts the same bind: of a port that is taken, and of the unspecified address. */
#include "transcript.h"

#include <sys/time.h>

static struct name taken;
static volatile sig_atomic_t runs, failures;

static int attempt(void) {
  int family = taken.at.ss_family, first = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int second = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct name any = any_address(family, 0);
  bool good = bind(first, sa(&taken), taken.length) < 0 && errno == EADDRINUSE && bind(second, sa(&any), any.length) == 0;
  return close(first) < 0 || close(second) < 0 || !good;
}

static void handler(int number) {
  (void)number;
  int saved = errno;
  failures += attempt();
  runs++;
  errno = saved;
}

static void run(int family) {
  int server = listener(family), bad = 0;
  taken = local_of(server);
  runs = failures = 0;
  must(sigaction(SIGPROF, &(struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART}, NULL) == 0);
  must(setitimer(ITIMER_PROF, &(struct itimerval){{0, 4000}, {0, 4000}}, NULL) == 0);
  while (runs < 20) bad += attempt();
  must(setitimer(ITIMER_PROF, &(struct itimerval){{0, 0}, {0, 0}}, NULL) == 0);
  say("20 handlers: failures %d, failures outside %d", (int)failures, bad);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
