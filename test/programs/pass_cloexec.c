/* SPDX-License-Identifier: MIT
 * MSG_CMSG_CLOEXEC decides, whatever the sender's descriptors had, and what an exec leaves open is what the program asked for. */
#include "passing.h"

int main(int count, char **arguments) {
  if (count > 1) {
    /* After exec: which of the received ones are here, and what they are. */
    for (int i = 1; i < count; i++) {
      int fd = atoi(arguments[i]);
      if (fcntl(fd, F_GETFD) < 0)
        say("after exec: closed");
      else
        say("after exec: domain %d listens %d", int_option(fd, SOL_SOCKET, SO_DOMAIN), int_option(fd, SOL_SOCKET, SO_ACCEPTCONN));
    }
    say("%d descriptors are open", open_descriptors());
    for (int fd = 3; fd < 32; fd++) close(fd);
    say("end");
    return 0;
  }
  struct carrier c = carrier_of(SOCK_STREAM);
  int fds[] = {listener(AF_INET), bound(AF_INET6, SOCK_STREAM, "server"), open("/dev/null", O_RDONLY)};
  must(listen(fds[1], 1) == 0 && fcntl(fds[1], F_SETFD, 0) == 0);
  int base = open_descriptors();
  static int kept[6];
  for (int i = 0; i < 2; i++) {
    must(send_descriptors(c.from, fds, 3, 0) == 1);
    struct received r = receive_descriptors(c.to, i ? MSG_CMSG_CLOEXEC : 0);
    say_received(i ? "with MSG_CMSG_CLOEXEC" : "without", &r);
    for (int j = 0; j < r.count; j++) {
      say("close-on-exec %d", fcntl(r.fds[j], F_GETFD) & FD_CLOEXEC);
      kept[i * 3 + j] = r.fds[j];
    }
  }
  say("the sender's: %d %d %d", fcntl(fds[0], F_GETFD), fcntl(fds[1], F_GETFD), fcntl(fds[2], F_GETFD));
  say("%d more descriptors are open", open_descriptors() - base);
  char numbers[6][12], *list[8] = {arguments[0]};
  for (int i = 0; i < 6; i++) {
    snprintf(numbers[i], sizeof numbers[i], "%d", kept[i]);
    list[i + 1] = numbers[i];
  }
  list[7] = NULL;
  execv("/proc/self/exe", list);
  return 1;
}
