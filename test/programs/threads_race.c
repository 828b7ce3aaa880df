/* SPDX-License-Identifier: MIT
 * cc: -pthread
 * Threads that make, copy over, name and close the same few descriptors at once: whatever each call answers, nothing breaks and nothing stays. */
#include <pthread.h>
#include <sys/eventfd.h>

#include "transcript.h"

enum { FIRST = 400, NUMBERS = 6, THREADS = 4, TURNS = 3000 };
static int family_now;

static void *race(void *argument) {
  unsigned seed = (unsigned)(uintptr_t)argument;
  char bytes[64];
  for (int i = 0; i < TURNS; i++) {
    int target = FIRST + rand_r(&seed) % NUMBERS, other = FIRST + rand_r(&seed) % NUMBERS, fd;
    struct name n = loopback(family_now, 0);
    switch (rand_r(&seed) % 9) {
      case 0:
      case 1:
        fd = socket(family_now, rand_r(&seed) & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
        (void)!bind(fd, sa(&n), n.length);
        dup2(fd, target);
        close(fd);
        break;
      case 2: dup2(other, target); break;
      case 3: close(target); break;
      case 4:
        fd = eventfd(0, EFD_NONBLOCK);
        dup3(fd, target, O_CLOEXEC);
        close(fd);
        break;
      case 5: (void)!getsockname(target, sa(&n), &n.length); break;
      case 6: (void)!recv(target, bytes, sizeof bytes, MSG_DONTWAIT); break;
      case 7: close_range((unsigned)target, (unsigned)target + 1, 0); break;
      default: (void)!listen(target, 3);
    }
  }
  return NULL;
}

static void run(int family) {
  family_now = family;
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) must(pthread_create(&threads[i], NULL, race, (void *)(uintptr_t)(i + 1)) == 0);
  for (int i = 0; i < THREADS; i++) must(pthread_join(threads[i], NULL) == 0);
  close_range(FIRST, FIRST + NUMBERS + 1, 0);
  int lowest = dup(STDOUT_FILENO);
  say("no descriptor was lost: %d", lowest == 3);
  close(lowest);
  struct pair p = stream_pair(family);
  char bytes[8];
  check("sockets still work", send(p.client, "fine", 4, 0));
  check("both ways", recv(p.server, bytes, sizeof bytes, 0));
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
