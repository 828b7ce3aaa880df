/* SPDX-License-Identifier: MIT
 * More sockets than the registry has room for, one after the other, each of them forked and so in nobody's hands to remove: all are known.
 * argv[1]: how many. */
#include "transcript.h"

int main(int count, char **arguments) {
  int times = count > 1 ? atoi(arguments[1]) : 10, failures = 0;
  int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  must(bind(listener, (struct sockaddr *)&address, length) == 0);
  must(listen(listener, 8) == 0);
  must(getsockname(listener, (struct sockaddr *)&address, &length) == 0);
  for (int i = 0; i < times; i++) {
    int client = socket(AF_INET, SOCK_STREAM, 0);
    failures += connect(client, (struct sockaddr *)&address, length) != 0;
    int server = accept(listener, NULL, NULL);
    pid_t child = fork();
    if (child == 0) _exit(0);
    failures += waitpid(child, NULL, 0) != child;
    failures += close(client) + close(server) != 0;
  }
  say("failures %d", failures);
  return 0;
}
