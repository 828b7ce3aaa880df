/* SPDX-License-Identifier: MIT
 * accept and accept4: flags, the peer's address, no address, a short one; EAGAIN; the order of clients. */
#include "transcript.h"

static void flags_of(const char *what, int fd) {
  must(fd >= 0);
  say("%s: cloexec %d nonblock %d", what, fcntl(fd, F_GETFD) & FD_CLOEXEC, (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  must(close(fd) == 0);
}

static void run(int family) {
  int server = listener(family), clients[8];
  for (int i = 0; i < 8; i++) clients[i] = connected_to(server);
  flags_of("accept", accept(server, NULL, NULL));
  flags_of("accept4, 0", accept4(server, NULL, NULL, 0));
  flags_of("accept4, cloexec", accept4(server, NULL, NULL, SOCK_CLOEXEC));
  flags_of("accept4, both", accept4(server, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
  check_fd("accept4, unknown flag", accept4(server, NULL, NULL, 0x10000000));

  struct name n = {.length = sizeof n.at};
  int fd = check_fd("with address", accept(server, sa(&n), &n.length));
  struct name own = local_of(clients[4]);
  say("it is the fifth client's: %d, %u bytes, family right %d", name_port_of(&n) == name_port_of(&own), n.length,
      n.at.ss_family == family);
  close(fd);

  memset(&n, 0x55, sizeof n);
  n.length = 4;
  fd = check_fd("room for 4 bytes", accept(server, sa(&n), &n.length));
  own = local_of(clients[5]);
  say("length told %u, port right %d, byte after untouched %d", n.length, memcmp((char *)&n.at + 2, (char *)&own.at + 2, 2) == 0,
      ((unsigned char *)&n.at)[4] == 0x55);
  close(fd);

  n.length = 0;
  fd = check_fd("room for 0 bytes", accept(server, sa(&n), &n.length));
  say("length told %u", n.length);
  close(fd);
  fd = check_fd("the eighth", accept(server, NULL, NULL));
  close(fd);

  must(fcntl(server, F_SETFL, O_NONBLOCK) == 0);
  check_fd("nobody waits", accept(server, NULL, NULL));
  int late = connected_to(server);
  say("poll: %s", events_text(wait_for(server, POLLIN)));
  fd = accept(server, NULL, NULL);
  flags_of("from a non-blocking listener", fd);
  close(late);

  late = connected_to(server);
  must(send(late, "bye", 3, 0) == 3);
  close(late);
  fd = check_fd("a client that wrote and left", accept4(server, NULL, NULL, 0));
  char text[8];
  check("its bytes", (long)read_all(fd, text, sizeof text));
  close(fd);
  for (int i = 0; i < 8; i++) close(clients[i]);
  close(server);
  check_fd("a closed descriptor", accept(server, NULL, NULL));
  int fds[2];
  must(pipe(fds) == 0);
  check_fd("a pipe", accept(fds[0], NULL, NULL));
  close(fds[0]);
  close(fds[1]);
}

int main(void) {
  each_family(run);
  say("end");
}
