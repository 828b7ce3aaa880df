/* SPDX-License-Identifier: MIT
 * cc: -static
 * A program that no preload library reaches: listens on real loopback, idles, or starts another one with an empty environment. */
#include "../transcript.h"

int main(int count, char **arguments) {
  must(count > 1);
  if (strcmp(arguments[1], "exec") == 0) {
    execve(arguments[2], arguments + 2, (char *[]){NULL});
    _exit(99);
  }
  if (strcmp(arguments[1], "listen") == 0) {
    struct name n = loopback(AF_INET, 0);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(fd, sa(&n), n.length) == 0 && listen(fd, 1) == 0);
    if (count > 2 && fork() > 0) _exit(0);
  }
  say("ready");
  if (strcmp(arguments[1], "end") != 0) pause();
}
