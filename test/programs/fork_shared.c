/* SPDX-License-Identifier: MIT
 * fork: the child has the sockets as well. What it closes stays open in the parent, what it leaves at exit too; names stay. */
#include "transcript.h"

static void run(int family) {
  char bytes[32];
  int server = listener(family), early = connected_to(server);
  int accepted = accept(server, NULL, NULL);
  pid_t child = fork();
  if (child == 0) {
    say_local("child, listener", server);
    say_peer("child, client", early);
    check("child sends", send(early, "from child", 10, 0));
    close(server);
    close(accepted);
    exit(0);
  }
  say("child %d", end_of(child));
  check("parent reads", recv(accepted, bytes, sizeof bytes, 0));
  check("parent sends on the same", send(early, "parent", 6, 0));
  check("parent reads", recv(accepted, bytes, sizeof bytes, 0));
  struct name to = local_of(server);
  int late = socket(family, SOCK_STREAM, 0);
  check("connect after the child closed the listener", connect(late, sa(&to), to.length));
  close(late);
  close(accept(server, NULL, NULL));

  child = fork();
  if (child == 0) {
    int fd = accept(server, NULL, NULL);
    (void)!write(fd, "served by child", 15);
    _exit(0);
  }
  late = connected_to(server);
  check("a child accepts", (long)read_all(late, bytes, sizeof bytes));
  say("child %d", end_of(child));
  close(late);

  /* Made in the parent, connected in the child: the parent's answers follow. */
  int made = socket(family, SOCK_STREAM, 0);
  child = fork();
  if (child == 0) _exit(connect(made, sa(&to), to.length) == 0 ? 0 : 1);
  say("child connects: %d", end_of(child));
  struct name own = local_of(made);
  name_port(name_port_of(&own), "by child");
  say_local("parent", made);
  say_peer("parent", made);
  check("parent sends", send(made, "x", 1, 0));
  close(made);
  made = socket(family, SOCK_STREAM, 0);
  child = fork();
  if (child == 0) {
    struct name zero = loopback(family, 0);
    _exit(bind(made, sa(&zero), zero.length) == 0 && listen(made, 3) == 0 ? 0 : 1);
  }
  say("child binds and listens: %d", end_of(child));
  own = local_of(made);
  name_port(name_port_of(&own), "child's");
  say_local("parent", made);
  int client = socket(family, SOCK_STREAM, 0);
  check("connect to it", connect(client, sa(&own), own.length));
  check_fd("parent accepts", accept(made, NULL, NULL));
  close(client);
  close(made);
  close(server);
  close(early);
  check("the end", recv(accepted, bytes, sizeof bytes, 0));
  close(accepted);
}

int main(void) {
  each_family(run);
  say("end");
}
