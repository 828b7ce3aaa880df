/* SPDX-License-Identifier: MIT
 * getaddrinfo and getnameinfo for what needs no name server; what they answer can be bound and connected. */
#include <netdb.h>

#include "transcript.h"

static void resolve(const char *what, const char *node, const char *service, int flags, int family) {
  struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = SOCK_STREAM}, *list = NULL;
  int result = getaddrinfo(node, service, &hints, &list);
  say("%s: %s", what, result ? gai_strerror(result) : "ok");
  if (result) return;
  for (struct addrinfo *a = list; a; a = a->ai_next) {
    char host[64], port[16];
    must(getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    say("  family %d type %d protocol %d: %s %s%s%s", a->ai_family, a->ai_socktype, a->ai_protocol, host, port, a->ai_canonname ? " " : "",
        a->ai_canonname ? a->ai_canonname : "");
  }
  freeaddrinfo(list);
}

int main(void) {
  resolve("number", "127.0.0.1", "80", 0, AF_UNSPEC);
  resolve("IPv6 number", "::1", "80", 0, AF_UNSPEC);
  resolve("number, numeric only", "192.0.2.1", "443", AI_NUMERICHOST | AI_NUMERICSERV, AF_UNSPEC);
  resolve("IPv6 number for IPv4", "::1", "80", 0, AF_INET);
  resolve("name, numeric only", "localhost", "80", AI_NUMERICHOST, AF_UNSPEC);
  resolve("nobody, passive", NULL, "80", AI_PASSIVE, AF_INET);
  resolve("nobody, passive, IPv6", NULL, "80", AI_PASSIVE, AF_INET6);
  resolve("nobody", NULL, "80", 0, AF_INET);
  resolve("localhost, IPv4", "localhost", "80", 0, AF_INET);
  resolve("mapped", "127.0.0.1", "80", AI_V4MAPPED, AF_INET6);
  resolve("neither", NULL, NULL, 0, AF_UNSPEC);
  resolve("a bad service", "127.0.0.1", "no such service", 0, AF_INET);
  resolve("a bad number", "127.0.0.1.5", "80", AI_NUMERICHOST, AF_INET);
  struct name n = loopback(AF_INET, 80);
  char host[4], port[8];
  say("getnameinfo, no room: %s", gai_strerror(getnameinfo(sa(&n), n.length, host, sizeof host, port, sizeof port, NI_NUMERICHOST)));
  say("end");
}
