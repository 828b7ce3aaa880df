/* SPDX-License-Identifier: MIT
 * The broadcast address of the loopback: a stream may be bound to it, listen there, and is reached by nobody; datagrams come there. */
#include "transcript.h"

static void stream_at(const char *address) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), other = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct name at = name_of(AF_INET, address, own_port());
  name_port(name_port_of(&at), "server");
  say("%s", address);
  int result = check("  bind", bind(fd, sa(&at), at.length));
  say_local("  bound", fd);
  if (result == 0) {
    check("  listen", listen(fd, 1));
    check("  another", bind(other, sa(&at), at.length));
    struct name any = any_address(AF_INET, name_port_of(&at));
    check("  0.0.0.0", bind(other, sa(&any), any.length));
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check("  connect", connect(client, sa(&at), at.length));
    struct name near = loopback(AF_INET, name_port_of(&at));
    check("  connect to 127.0.0.1", connect(client, sa(&near), near.length));
    close(client);
  }
  close(fd);
  close(other);
}

static void datagrams_at(const char *address) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct name at = name_of(AF_INET, address, own_port()), near = loopback(AF_INET, name_port_of(&at));
  char byte;
  name_port(name_port_of(&at), "datagrams");
  say("datagrams, %s", address);
  check("  bind", bind(fd, sa(&at), at.length));
  say_local("  bound", fd);
  check("  without SO_BROADCAST", sendto(client, "x", 1, 0, sa(&at), at.length));
  must(setsockopt(client, SOL_SOCKET, SO_BROADCAST, &(int){1}, sizeof(int)) == 0);
  check("  with it", sendto(client, "x", 1, 0, sa(&at), at.length));
  check("  comes", recv(fd, &byte, 1, MSG_DONTWAIT));
  check("  to 127.0.0.1", sendto(client, "x", 1, 0, sa(&near), near.length));
  check("  comes of that", recv(fd, &byte, 1, MSG_DONTWAIT));
  close(fd);
  close(client);
}

int main(void) {
  stream_at("127.255.255.255");
  datagrams_at("127.255.255.255");
  say("end");
}
