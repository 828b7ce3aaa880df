/* SPDX-License-Identifier: MIT
 * The classic servers: one child per connection; several children that accept on one listener. */
#include "transcript.h"

static void echo(int fd) {
  char bytes[256];
  ssize_t n;
  while ((n = read(fd, bytes, sizeof bytes)) > 0) (void)!write(fd, bytes, (size_t)n);
  close(fd);
}

static bool ask(int server, const char *question) {
  int fd = connected_to(server);
  size_t length = strlen(question);
  char answer[64] = "";
  must(write(fd, question, length) == (ssize_t)length && shutdown(fd, SHUT_WR) == 0);
  bool good = read_all(fd, answer, sizeof answer) == length && memcmp(answer, question, length) == 0;
  close(fd);
  return good;
}

static void run(int family) {
  int server = listener(family);
  pid_t parent = fork();
  if (parent == 0) {
    for (int i = 0; i < 5; i++) {
      int fd = accept(server, NULL, NULL);
      pid_t child = fork();
      if (child == 0) {
        close(server);
        echo(fd);
        _exit(0);
      }
      close(fd);
      must(end_of(child) == 0);
    }
    _exit(0);
  }
  int good = 0;
  for (int i = 0; i < 5; i++) good += ask(server, "per connection");
  say("one child per connection: %d of 5, %d", good, end_of(parent));

  pid_t workers[3];
  for (int i = 0; i < 3; i++) {
    workers[i] = fork();
    if (workers[i] == 0) {
      for (;;) {
        int fd = accept(server, NULL, NULL);
        if (fd < 0) _exit(1);
        echo(fd);
      }
    }
  }
  good = 0;
  for (int i = 0; i < 12; i++) good += ask(server, "pre-forked");
  say("pre-forked: %d of 12", good);
  for (int i = 0; i < 3; i++) {
    kill(workers[i], SIGTERM);
    must(end_of(workers[i]) == 1000 + SIGTERM);
  }
  struct name at = local_of(server);
  close(server);
  int fd = socket(family, SOCK_STREAM, 0);
  check("connect to the closed one", connect(fd, sa(&at), at.length));
  close(fd);
}

int main(void) {
  each_family(run);
  say("end");
}
