/* SPDX-License-Identifier: MIT
 * An IPv6 socket bound to ::ffff:127.0.0.1 is an IPv4 server. */
#include "transcript.h"

int main(void) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int i = 0; i < 2; i++) {
    int server = socket(AF_INET6, types[i], 0);
    struct name at = name_of(AF_INET6, "::ffff:127.0.0.1", 0);
    check("bind", bind(server, sa(&at), at.length));
    at = local_of(server);
    name_port(name_port_of(&at), "server");
    say_local("server", server);
    struct name to = loopback(AF_INET, name_port_of(&at)), v6 = loopback(AF_INET6, name_port_of(&at));
    if (types[i] == SOCK_STREAM) must(listen(server, 4) == 0);
    int client = socket(AF_INET, types[i], 0);
    check("IPv4 client", connect(client, sa(&to), to.length));
    struct name own = local_of(client);
    name_port(name_port_of(&own), "client");
    if (types[i] == SOCK_STREAM) {
      int accepted = accept(server, NULL, NULL);
      say_local("accepted", accepted);
      say_peer("accepted", accepted);
      close(client); /* the client first: its port, not the server's, is the one that waits */
      must(read(accepted, &(char){0}, 1) == 0);
      close(accepted);
      int refused = socket(AF_INET6, types[i], 0);
      check("client of ::1", connect(refused, sa(&v6), v6.length));
      close(refused);
    } else {
      char byte;
      struct name from = {.length = sizeof from.at};
      must(send(client, "x", 1, 0) == 1);
      check("recvfrom", recvfrom(server, &byte, 1, 0, sa(&from), &from.length));
      say("from %s", text(&from));
      close(client);
    }
    int second = socket(AF_INET, types[i], 0);
    check("IPv4 bind to the same name", bind(second, sa(&to), to.length));
    close(second);
    close(server);
    second = socket(AF_INET, types[i], 0);
    check("when it is closed", bind(second, sa(&to), to.length));
    close(second);
  }
  say("end");
}
