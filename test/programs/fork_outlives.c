/* SPDX-License-Identifier: MIT
 * A process is killed while one of its threads binds, and the child that it has just forked lives on. The next one gets on all the same. */
#include "transcript.h"

#include <pthread.h>

/* SOCKETS: so that a look for who has an address takes a while. */
enum { KILLS = 100, SOCKETS = 400 };

static struct name taken;

static int bind_taken(void) {
  int fd = socket(taken.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int result = bind(fd, sa(&taken), taken.length) < 0 ? errno : 0;
  close(fd);
  return result;
}

static void *binder(void *started) {
  for (;; write(*(int *)started, "", 1)) must(bind_taken() == EADDRINUSE);
  return NULL;
}

/* Its child kills it, and ends when `life` does. */
static void be_killed(int life) {
  pthread_t thread;
  int started[2];
  char byte;
  must(pipe2(started, O_CLOEXEC) == 0 && pthread_create(&thread, NULL, binder, &started[1]) == 0 && read(started[0], &byte, 1) == 1);
  pid_t own = getpid();
  if (fork() == 0) {
    kill(own, SIGKILL);
    _exit(read(life, &byte, 1) == 0 ? 0 : 1);
  }
  for (;;) pause();
}

int main(void) {
  int life[2], others[SOCKETS], surprises = 0;
  int server = listener(AF_INET);
  taken = local_of(server);
  must(pipe2(life, O_CLOEXEC) == 0);
  for (int i = 0; i < SOCKETS; i++) must((others[i] = listener(AF_INET)) >= 0);
  for (int i = 0; i < KILLS; i++) {
    pid_t victim = fork();
    if (victim == 0) {
      close(life[1]);
      be_killed(life[0]);
    }
    must(end_of(victim) == 1000 + SIGKILL);
    surprises += bind_taken() != EADDRINUSE;
  }
  say("binds that did not say EADDRINUSE: %d", surprises);
  for (int i = 0; i < SOCKETS; i++) close(others[i]);
  close(life[1]);
  close(server);
  say("end");
}
