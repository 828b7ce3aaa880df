/* SPDX-License-Identifier: MIT
 * cc: -pthread
 * pthread_cancel: calls that are no cancellation points do their work first, those that wait are ended, and nothing stays locked or half done. */
#include <pthread.h>

#include "transcript.h"

struct work {
  int family, port, type;
  int fd, peer;
};

static void *cancelled(void *context) {
  struct work *w = context;
  int state, one = 1;
  struct name n = any_address(w->family, w->port);
  must(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state) == 0);
  must(pthread_cancel(pthread_self()) == 0);
  must(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL) == 0);
  /* From here on the first cancellation point ends the thread. */
  w->fd = socket(w->family, w->type, 0);
  int second = socket(w->family, w->type, 0);
  setsockopt(w->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(w->fd, sa(&n), n.length) < 0) w->fd = -2;
  if (w->type == SOCK_STREAM && listen(w->fd, 1) < 0) w->fd = -3;
  if (bind(second, sa(&n), n.length) == 0) w->fd = -4;
  n = any_address(w->family, 0);
  if (bind(second, sa(&n), n.length) < 0) w->fd = -5;
  w->peer = dup(second);
  dup2(w->fd, second);
  close(w->fd); /* the first one */
  w->fd = -6;
  return NULL;
}

static void *waiting(void *context) {
  struct work *w = context;
  char byte;
  if (w->type == SOCK_STREAM && w->peer < 0)
    accept(w->fd, NULL, NULL);
  else
    recv(w->fd, &byte, 1, 0);
  w->fd = -7;
  return NULL;
}

static const char *end_of_thread(pthread_t thread) {
  void *result;
  must(pthread_join(thread, &result) == 0);
  return result == PTHREAD_CANCELED ? "cancelled" : "returned";
}

static void cancel_waiting(const char *what, struct work *w) {
  pthread_t thread;
  must(pthread_create(&thread, NULL, waiting, w) == 0);
  must(pthread_cancel(thread) == 0);
  say("%s: %s", what, end_of_thread(thread));
}

static void run(int family) {
  for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
    struct work w = {.family = family, .type = type, .port = own_port()};
    name_port(w.port, "server");
    pthread_t thread;
    must(pthread_create(&thread, NULL, cancelled, &w) == 0);
    const char *end = end_of_thread(thread);
    say("%s: %s, its socket is open %d", type == SOCK_STREAM ? "stream" : "datagram", end, w.fd >= 0);
    say_local("bound", w.fd);
    int again = socket(family, type, 0);
    struct name n = any_address(family, w.port);
    check("bind in use", bind(again, sa(&n), n.length));
    close(w.peer), close(again);
    w.peer = -1;
    cancel_waiting("waiting", &w);
    if (type == SOCK_STREAM) {
      int listening = w.fd;
      w.peer = connected_to(listening);
      w.fd = accept(listening, NULL, NULL);
      cancel_waiting("in recv", &w);
      check("the connection still works", send(w.peer, "x", 1, 0) + recv(w.fd, (char[1]){0}, 1, 0));
      close(w.peer), close(w.fd);
      w.fd = listening;
    }
    close(w.fd);
  }
}

int main(void) {
  each_family(run);
  say("end");
}
