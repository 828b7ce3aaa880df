/* SPDX-License-Identifier: MIT
 * limits <sockets|descriptors|addresses>: what a process under the shim meets at its limits, and which host it is on. */
#include <sys/resource.h>

#include "../transcript.h"

static void sockets(void) {
  int fds[64], count = 0;
  for (; count < 64; count++)
    if ((fds[count] = socket(AF_INET, SOCK_STREAM, 0)) < 0) break;
  say(count < 64 ? "%d sockets, then %s" : "%d sockets", count, strerrorname_np(errno));
  must(close(fds[0]) == 0);
  fds[0] = check_fd("one closed", socket(AF_INET6, SOCK_DGRAM, 0));
  check_fd("a copy needs none", dup(fds[0]));
  check_fd("a unix socket needs none", socket(AF_UNIX, SOCK_STREAM, 0));
}

static void descriptors(void) {
  must(setrlimit(RLIMIT_NOFILE, &(struct rlimit){32, 32}) == 0);
  struct pair p = stream_pair(AF_INET);
  int count = 0, fds[64], server = listener(AF_INET), client = connected_to(server);
  (void)client;
  for (; count < 64; count++)
    if ((fds[count] = socket(AF_INET, SOCK_STREAM, 0)) < 0) break;
  say("socket: %s", strerrorname_np(errno));
  check("accept", accept(server, NULL, NULL));
  check("dup", dup(server));
  check("F_DUPFD_CLOEXEC", fcntl(server, F_DUPFD_CLOEXEC, 0));
  check("dup2 beyond", dup2(server, 40));
  check("send goes on", send(p.client, "x", 1, 0));
  close(fds[0]);
  int accepted = check_fd("accept when one is closed", accept(server, NULL, NULL));
  say_local("accepted", accepted);
}

static void addresses(void) {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  struct name n = any_address(AF_INET, 80);
  must(bind(server, sa(&n), n.length) == 0 && listen(server, 4) == 0);
  name_port(80, "80");
  int client = socket(AF_INET, SOCK_STREAM, 0);
  must(connect(client, sa(&n), n.length) == 0);
  say_peer("the any address leads to", client);
}

int main(int count, char **arguments) {
  must(count == 2);
  if (strcmp(arguments[1], "sockets") == 0)
    sockets();
  else if (strcmp(arguments[1], "descriptors") == 0)
    descriptors();
  else
    addresses();
  say("end");
}
