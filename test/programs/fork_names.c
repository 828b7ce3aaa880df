/* SPDX-License-Identifier: MIT
 * A name lives as long as its last holder in any process: parent first, child first, killed, datagram and stream. */
#include "transcript.h"

static int bind_again(int family, int type, struct name at) {
  int fd = socket(family, type, 0), result = bind(fd, sa(&at), at.length), error = errno;
  close(fd);
  errno = error;
  return result;
}

static void run(int family) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int t = 0; t < 2; t++) {
    int type = types[t], go[2];
    must(pipe(go) == 0);
    int fd = bound(family, type, "name");
    if (type == SOCK_STREAM) must(listen(fd, 4) == 0);
    struct name at = local_of(fd);
    pid_t child = fork();
    if (child == 0) {
      close(go[1]);
      char byte;
      (void)!read(go[0], &byte, 1);
      _exit(0);
    }
    close(fd);
    check("closed in the parent, held by the child", bind_again(family, type, at));
    if (type == SOCK_DGRAM) {
      int sender = socket(family, type, 0);
      check("send to the child's", sendto(sender, "x", 1, 0, sa(&at), at.length));
      close(sender);
    }
    close(go[1]);
    close(go[0]);
    say("child %d", end_of(child));
    check("the child is gone", bind_again(family, type, at));

    must(pipe(go) == 0);
    child = fork();
    if (child == 0) {
      fd = socket(family, type, 0);
      if (bind(fd, sa(&at), at.length) < 0 || (type == SOCK_STREAM && listen(fd, 4) < 0)) _exit(1);
      (void)!write(go[1], "r", 1);
      for (;;) pause();
    }
    char byte;
    must(read(go[0], &byte, 1) == 1);
    check("bound by the child", bind_again(family, type, at));
    kill(child, SIGKILL);
    say("child %d", end_of(child) == 1000 + SIGKILL);
    if (type == SOCK_STREAM) {
      int client = socket(family, type, 0);
      check("connect to the killed one's", connect(client, sa(&at), at.length));
      close(client);
    }
    check("bound by the killed one", bind_again(family, type, at));
    close(go[0]);
    close(go[1]);

    /* A UDP client whose child exits still gets its answers. */
    if (type == SOCK_DGRAM) {
      int server = bound(family, type, "server"), client = socket(family, type, 0);
      struct name to = local_of(server), from = {.length = sizeof from.at};
      must(sendto(client, "q", 1, 0, sa(&to), to.length) == 1);
      child = fork();
      if (child == 0) exit(0);
      must(end_of(child) == 0);
      must(recvfrom(server, &byte, 1, 0, sa(&from), &from.length) == 1);
      check("answer after the child's exit", sendto(server, "r", 1, 0, sa(&from), from.length));
      check("comes", recv(client, &byte, 1, MSG_DONTWAIT));
      close(client);
      close(server);
    }
  }
}

int main(void) {
  each_family(run);
  say("end");
}
