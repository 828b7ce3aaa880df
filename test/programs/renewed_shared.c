/* SPDX-License-Identifier: MIT
 * A stream that two processes hold begins anew in one of them: after a refusal, a disconnect, a shutdown. What the other one has then. */
#include "transcript.h"

static const struct sockaddr none = {.sa_family = AF_UNSPEC};

/* In a child, which holds it until `end` is closed. */
static pid_t in_child(int fd, int (*use)(int fd), int *end) {
  int ends[2], done[2];
  must(pipe(ends) == 0 && pipe(done) == 0);
  pid_t child = fork();
  must(child >= 0);
  if (child == 0) {
    close(ends[1]);
    must(use(fd) == 0 && write(done[1], "x", 1) == 1);
    exit((int)read(ends[0], &(char){0}, 1));
  }
  close(done[1]);
  close(ends[0]);
  must(read(done[0], &(char){0}, 1) == 1);
  close(done[0]);
  *end = ends[1];
  return child;
}

static int start_listening(int fd) { return listen(fd, 4); }
static int shut(int fd) { return shutdown(fd, SHUT_RDWR) == -1 && errno == ENOTCONN ? 0 : -1; }
static int disconnect(int fd) { return connect(fd, &none, sizeof none); }

static void run(int family) {
  int server = listener(family), nobody = bound(family, SOCK_STREAM, "nobody"), end;
  struct name refuses = local_of(nobody);
  close(nobody);
  int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  must(fcntl(fd, F_SETFL, 0) == 0);
  check("refused", connect(fd, sa(&refuses), refuses.length));
  must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  pid_t child = in_child(fd, start_listening, &end);
  check("another process listens: accept", accept(fd, NULL, NULL));
  close(end);
  say("the child ended with %d", end_of(child));
  close(fd);

  fd = socket(family, SOCK_STREAM, 0);
  check("refused", connect(fd, sa(&refuses), refuses.length));
  child = in_child(fd, shut, &end);
  check("another process shuts it down: recv", recv(fd, &(char){0}, 1, MSG_DONTWAIT));
  close(end);
  say("the child ended with %d", end_of(child));
  close(fd);

  fd = connected_to(server);
  int accepted = accept(server, NULL, NULL);
  child = in_child(fd, disconnect, &end);
  wait_for(accepted, POLLIN);
  struct pollfd p = {.fd = fd, .events = POLLOUT};
  must(poll(&p, 1, 0) >= 0);
  say("another process disconnects: hang-up %d", (p.revents & POLLHUP) != 0);
  close(end);
  say("the child ended with %d", end_of(child));
  close(fd);
  close(accepted);

  must(fcntl(server, F_SETFL, O_NONBLOCK) == 0);
  check("shutdown", shutdown(server, SHUT_RD));
  check("accept", accept(server, NULL, NULL));
  child = in_child(server, start_listening, &end);
  check("another process listens again: accept", accept(server, NULL, NULL));
  close(end);
  say("the child ended with %d", end_of(child));
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
