/* SPDX-License-Identifier: MIT
 * datagram_hosts <own address>: which addresses UDP sockets of one host show to each other, and that every answer arrives.
 * On host 1 and on others the names on disk differ, the answers must not be lost. */
#include "transcript.h"

static struct name ask(const char *what, int client, struct name to, int server) {
  struct name from = {.length = sizeof from.at}, answer = {.length = sizeof answer.at};
  char byte;
  must(sendto(client, "q", 1, 0, sa(&to), to.length) == 1);
  must(recvfrom(server, &byte, 1, 0, sa(&from), &from.length) == 1);
  must(sendto(server, "a", 1, 0, sa(&from), from.length) == 1);
  if (recvfrom(client, &byte, 1, MSG_DONTWAIT, sa(&answer), &answer.length) != 1)
    say("%s: no answer (%s)", what, strerrorname_np(errno));
  else
    say("%s: the answer comes from where the question went: %d", what, memcmp(&answer.at, &to.at, to.length) == 0);
  return from;
}

static void run(int family, const char *near, const char *far) {
  int server = socket(family, SOCK_DGRAM, 0);
  struct name any = any_address(family, 0);
  must(bind(server, sa(&any), any.length) == 0);
  struct name bound_to = local_of(server);
  int port = name_port_of(&bound_to);
  struct name by_near = name_of(family, near, port), by_far = name_of(family, far, port);
  for (int round = 0; round < 2; round++) {
    int one = socket(family, SOCK_DGRAM, 0), other = socket(family, SOCK_DGRAM, 0);
    ask("unbound, by loopback", one, by_near, server);
    ask("the same, by the host's address", one, by_far, server);
    ask("unbound, by the host's address", other, by_far, server);
    ask("the same, by loopback", other, by_near, server);
    close(one);
    close(other);
    int connected = socket(family, SOCK_DGRAM, 0), connected_far = socket(family, SOCK_DGRAM, 0);
    must(connect(connected, sa(&by_near), by_near.length) == 0 && connect(connected_far, sa(&by_far), by_far.length) == 0);
    ask("connected by loopback", connected, by_near, server);
    ask("connected by the host's address", connected_far, by_far, server);
    close(connected);
    close(connected_far);
  }
  close(server);
  /* Bound to one of the addresses: the other does not reach it. */
  server = socket(family, SOCK_DGRAM, 0);
  struct name at = name_of(family, far, 0);
  must(bind(server, sa(&at), at.length) == 0);
  by_far = local_of(server);
  int client = socket(family, SOCK_DGRAM, 0);
  struct name from = ask("bound to the host's address", client, by_far, server);
  say("from the host's address: %d", memcmp(text(&from), text(&by_far), strlen(far)) == 0);
  close(server);
  server = bound(family, SOCK_DGRAM, "near");
  by_near = local_of(server);
  from = ask("bound to loopback", client, by_near, server);
  say("from loopback: %d", memcmp(text(&from), text(&by_near), strlen(near)) == 0);
  close(server);
  close(client);
}

int main(int count, char **arguments) {
  must(count == 3);
  run(AF_INET, "127.0.0.1", arguments[1]);
  run(AF_INET6, "::1", arguments[2]);
  say("end");
}
