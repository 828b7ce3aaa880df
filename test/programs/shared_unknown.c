/* SPDX-License-Identifier: MIT
 * What another holder of a datagram socket, or a new program, learns of it. */
#include "transcript.h"

static int option_of(int fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, option, &value, &length) < 0 ? -errno : value;
}

/* After an exec. */
static int inherited(char **numbers) {
  int fresh = atoi(numbers[0]), kept = atoi(numbers[1]), refused = atoi(numbers[3]);
  name_port(atoi(numbers[2]), "kept");
  say("fresh: inet %d", option_of(fresh, SOL_SOCKET, SO_DOMAIN) != AF_UNIX);
  say("bound: inet %d", option_of(kept, SOL_SOCKET, SO_DOMAIN) != AF_UNIX);
  say_local("bound", kept);
  say("its option: %d", option_of(kept, IPPROTO_TCP, TCP_KEEPIDLE));
  check("its error", recv(refused, &(char){0}, 1, MSG_DONTWAIT));
  check("then", recv(refused, &(char){0}, 1, MSG_DONTWAIT));
  return 0;
}

static char *program;
static void run(int family) {
  struct name any = any_address(family, own_port());
  int fd = socket(family, SOCK_DGRAM, 0);
  name_port(name_port_of(&any), "shared");
  pid_t child = fork();
  must(child >= 0);
  if (child == 0) exit(bind(fd, sa(&any), any.length) < 0);
  say("the child ended with %d", end_of(child));
  say_local("bound by a child", fd);
  close(fd);

  int fresh = socket(family, SOCK_STREAM, 0), kept = socket(family, SOCK_STREAM, 0);
  any = any_address(family, own_port());
  must(bind(kept, sa(&any), any.length) == 0);
  must(setsockopt(kept, IPPROTO_TCP, TCP_KEEPIDLE, &(int){77}, sizeof(int)) == 0);
  int refused = socket(family, SOCK_DGRAM, 0);
  struct name nobody = loopback(family, own_port());
  must(connect(refused, sa(&nobody), nobody.length) == 0 && send(refused, "x", 1, 0) == 1);
  child = fork();
  must(child >= 0);
  if (child == 0) {
    char numbers[4][12], *arguments[] = {program, numbers[0], numbers[1], numbers[2], numbers[3], NULL};
    snprintf(numbers[0], 12, "%d", fresh);
    snprintf(numbers[1], 12, "%d", kept);
    snprintf(numbers[2], 12, "%d", name_port_of(&any));
    snprintf(numbers[3], 12, "%d", refused);
    execv(program, arguments);
    _exit(99);
  }
  say("the program ended with %d", end_of(child));
  close(fresh);
  close(kept);
  close(refused);
}

int main(int count, char **arguments) {
  if (count == 5) return inherited(arguments + 1);
  program = arguments[0];
  each_family(run);
  say("end");
}
