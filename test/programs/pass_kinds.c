/* SPDX-License-Identifier: MIT
 * Every kind of socket over every kind of carrier: the receiver sees what the sender saw, and the socket works. */
#include "passing.h"

static void exchange(int one, int other) {
  char byte = 0;
  must(write(one, "a", 1) == 1);
  must(read(other, &byte, 1) == 1 && byte == 'a');
  must(write(other, "b", 1) == 1);
  must(read(one, &byte, 1) == 1 && byte == 'b');
  say("both ways");
}

static void pass_stream(int family, int type) {
  int fresh = socket(family, SOCK_STREAM, 0), got = pass_here(fresh, type);
  say_socket("fresh", got);
  close(got);
  close(fresh);

  int listening = listener(family);
  must(setsockopt(listening, IPPROTO_IP, IP_TTL, &(int){33}, sizeof(int)) == 0 || family == AF_INET6);
  got = pass_here(listening, type);
  say_socket("listener", got);
  close(listening);
  int client = connected_to(got), server = accept(got, NULL, NULL);
  must(server >= 0);
  say_socket("accepted from the received listener", server);
  must(setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)) == 0);
  must(setsockopt(client, IPPROTO_TCP, TCP_KEEPIDLE, &(int){77}, sizeof(int)) == 0);
  int client2 = pass_here(client, type), server2 = pass_here(server, type);
  close(client);
  close(server);
  say_socket("client", client2);
  say_socket("server", server2);
  exchange(client2, server2);
  must(shutdown(client2, SHUT_WR) == 0);
  char byte;
  check("end of file", read(server2, &byte, 1));
  close(client2);
  close(server2);
  close(got);
}

static void pass_datagram(int family, int type) {
  struct pair p = datagram_pair(family);
  int client = pass_here(p.client, type), server = pass_here(p.server, type);
  close_pair(p);
  say_socket("datagram client", client);
  say_socket("datagram server", server);
  exchange(client, server);
  close(client);
  close(server);
  int alone = bound(family, SOCK_DGRAM, "server");
  must(setsockopt(alone, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0);
  int got = pass_here(alone, type);
  say_socket("bound datagram", got);
  int sender = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(got), from = {.length = sizeof from.at};
  must(sendto(sender, "x", 1, 0, sa(&to), to.length) == 1);
  char byte;
  check("received", recvfrom(got, &byte, 1, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  close(sender);
  close(got);
  close(alone);
}

static void run(int family) {
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 3; i++) {
    say("over a %s", carrier_name(types[i]));
    pass_stream(family, types[i]);
    pass_datagram(family, types[i]);
  }
  say("%d descriptors are open", open_descriptors());
}

int main(void) {
  each_family(run);
  say("end");
}
