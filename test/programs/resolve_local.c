/* SPDX-License-Identifier: MIT
 * getaddrinfo, getnameinfo and gethostby* for what needs no name server; what they answer can be bound and connected. */
#include <netdb.h>

#include "transcript.h"

static const char *error_text(int error) {
  static char out[16];
  if (error == 0) return "ok";
  snprintf(out, sizeof out, "EAI %d", error);
  return error == EAI_OVERFLOW ? out : gai_strerror(error);
}

static void resolve_as(const char *what, const char *node, const char *service, struct addrinfo hints) {
  struct addrinfo *list = NULL;
  int result = getaddrinfo(node, service, &hints, &list);
  say("%s: %s", what, error_text(result));
  if (result) return;
  for (struct addrinfo *a = list; a; a = a->ai_next) {
    char host[64], port[16];
    must(getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) == 0);
    say("  family %d type %d protocol %d: %s %s%s%s", a->ai_family, a->ai_socktype, a->ai_protocol, host, port, a->ai_canonname ? " " : "",
        a->ai_canonname ? a->ai_canonname : "");
  }
  freeaddrinfo(list);
}

static void resolve(const char *what, const char *node, const char *service, int flags, int family) {
  resolve_as(what, node, service, (struct addrinfo){.ai_flags = flags, .ai_family = family, .ai_socktype = SOCK_STREAM});
}

static void ask_numbers(void) {
  resolve("number", "127.0.0.1", "80", 0, AF_UNSPEC);
  resolve("IPv6 number", "::1", "80", 0, AF_UNSPEC);
  resolve("short number", "127.1", "80", 0, AF_UNSPEC);
  resolve("number, numeric only", "192.0.2.1", "443", AI_NUMERICHOST | AI_NUMERICSERV, AF_UNSPEC);
  resolve("IPv6 number for IPv4", "::1", "80", 0, AF_INET);
  resolve("number for IPv6", "127.0.0.1", "80", 0, AF_INET6);
  resolve("name, numeric only", "localhost", "80", AI_NUMERICHOST, AF_UNSPEC);
  resolve("mapped", "127.0.0.1", "80", AI_V4MAPPED, AF_INET6);
  resolve("canonical number", "127.0.0.1", "80", AI_CANONNAME, AF_INET);
  resolve("a bad number", "127.0.0.1.5", "80", AI_NUMERICHOST, AF_INET);
  resolve("a scope number", "fe80::1%1", "80", 0, AF_INET6);
  resolve("a scope name", "fe80::1%lo", "80", 0, AF_INET6);
  resolve("a scope that is none", "fe80::1%nowhere", "80", 0, AF_INET6);
  resolve_as("all types", "127.0.0.1", "80", (struct addrinfo){.ai_family = AF_UNSPEC});
}

static void ask_nobody(void) {
  resolve("passive", NULL, "80", AI_PASSIVE, AF_UNSPEC);
  resolve("passive, IPv4", NULL, "80", AI_PASSIVE, AF_INET);
  resolve("passive, IPv6", NULL, "80", AI_PASSIVE, AF_INET6);
  resolve("nobody", NULL, "80", 0, AF_UNSPEC);
  resolve("nobody, IPv4", NULL, "80", 0, AF_INET);
  resolve("neither", NULL, NULL, 0, AF_UNSPEC);
  resolve("nobody, canonical", NULL, "80", AI_CANONNAME, AF_UNSPEC);
}

static void ask_services(void) {
  resolve("a service", "127.0.0.1", "http", 0, AF_INET);
  resolve("a service, numbers only", "127.0.0.1", "http", AI_NUMERICSERV, AF_INET);
  resolve("a bad service", "127.0.0.1", "no such service", 0, AF_INET);
  resolve("a bad service of localhost", "localhost", "no such service", 0, AF_INET);
  resolve("a number out of range", "127.0.0.1", "70000", 0, AF_INET);
  resolve_as("a service of UDP", "127.0.0.1", "domain", (struct addrinfo){.ai_socktype = SOCK_DGRAM});
  resolve_as("a family that is none", "localhost", "80", (struct addrinfo){.ai_family = AF_UNIX});
  resolve_as("flags that are none", "localhost", "80", (struct addrinfo){.ai_flags = 0x40000000});
  resolve_as("a type that is none", "localhost", "80", (struct addrinfo){.ai_socktype = 77});
}

static void ask_localhost(void) {
  resolve("localhost, IPv4", "localhost", "80", 0, AF_INET);
  resolve("localhost, canonical", "localhost", "80", AI_CANONNAME, AF_INET);
  resolve("localhost, without a service", "localhost", NULL, 0, AF_INET);
  resolve("localhost, configured", "localhost", "80", AI_ADDRCONFIG, AF_INET);
}

static void name_of_address(const char *what, const char *address, int port, int flags, socklen_t host_room, socklen_t service_room) {
  struct name n = name_of(strchr(address, ':') ? AF_INET6 : AF_INET, address, port);
  char host[64] = "untouched", service[64] = "untouched";
  int result = getnameinfo(sa(&n), n.length, host, host_room, service, service_room, flags);
  say("%s: %s", what, error_text(result));
  if (result == 0) say("  %s %s", host_room ? host : "-", service_room ? service : "-");
}

static void ask_back(void) {
  name_of_address("localhost back", "127.0.0.1", 80, 0, 64, 64);
  name_of_address("localhost back, required", "127.0.0.1", 80, NI_NAMEREQD, 64, 64);
  name_of_address("number back", "127.0.0.1", 80, NI_NUMERICHOST | NI_NUMERICSERV, 64, 64);
  name_of_address("number back, required", "127.0.0.1", 80, NI_NUMERICHOST | NI_NAMEREQD, 64, 64);
  name_of_address("a service of UDP only", "127.0.0.1", 69, NI_DGRAM, 64, 64);
  name_of_address("a service of TCP that is none", "127.0.0.1", 69, 0, 64, 64);
  name_of_address("only the service", "127.0.0.1", 80, 0, 0, 64);
  name_of_address("only the host", "127.0.0.1", 80, 0, 64, 0);
  name_of_address("nothing", "127.0.0.1", 80, 0, 0, 0);
  name_of_address("no room for the host", "127.0.0.1", 80, 0, 4, 64);
  name_of_address("no room for the number", "127.0.0.1", 80, NI_NUMERICHOST, 4, 64);
  name_of_address("no room for the service", "127.0.0.1", 80, 0, 64, 2);
  name_of_address("flags that are none", "127.0.0.1", 80, 0x1000000, 64, 64);
  struct name n = loopback(AF_INET, 80);
  char host[64];
  say("short address: %s", error_text(getnameinfo(sa(&n), 4, host, sizeof host, NULL, 0, 0)));
  struct sockaddr_in6 link = {.sin6_family = AF_INET6, .sin6_scope_id = 1, .sin6_addr = {.s6_addr = {0xfe, 0x80, [15] = 1}}};
  say("link-local: %s", error_text(getnameinfo((struct sockaddr *)&link, sizeof link, host, sizeof host, NULL, 0, NI_NUMERICHOST)));
  say("  %s", host);
}

static void say_host(const char *what, const struct hostent *host) {
  if (!host) {
    say("%s: %s", what, hstrerror(h_errno));
    return;
  }
  char text[INET6_ADDRSTRLEN];
  say("%s: %s, family %d, %d bytes", what, host->h_name, host->h_addrtype, host->h_length);
  must(host->h_aliases != NULL && host->h_addr_list[0] != NULL);
  say("  %s", inet_ntop(host->h_addrtype, host->h_addr_list[0], text, sizeof text));
}

static void ask_old_calls(void) {
  const struct in_addr loop = {htonl(INADDR_LOOPBACK)};
  struct hostent host, *result = &host;
  char buffer[1024];
  int error = 0;
  say_host("gethostbyname", gethostbyname("localhost"));
  say_host("gethostbyname of a number", gethostbyname("192.0.2.1"));
  say_host("gethostbyname2", gethostbyname2("localhost", AF_INET));
  say_host("gethostbyname2 of a number", gethostbyname2("::1", AF_INET6));
  say_host("gethostbyaddr", gethostbyaddr(&loop, sizeof loop, AF_INET));
  say("gethostbyname_r: %d", gethostbyname_r("localhost", &host, buffer, sizeof buffer, &result, &error));
  say_host("gethostbyname_r", result);
  say("gethostbyname_r without room: %d", gethostbyname_r("localhost", &host, buffer, 8, &result, &error));
  say("  %s, error %d", result ? "a result" : "no result", error);
  say("gethostbyname2_r: %d", gethostbyname2_r("localhost", AF_INET, &host, buffer, sizeof buffer, &result, &error));
  say("gethostbyaddr_r: %d", gethostbyaddr_r(&loop, sizeof loop, AF_INET, &host, buffer, sizeof buffer, &result, &error));
  say_host("gethostbyaddr_r", result);
}

static void ask_later(void) {
  struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
  struct gaicb one = {.ar_name = "localhost", .ar_service = "80", .ar_request = &hints};
  struct gaicb bad = {.ar_name = "localhost", .ar_service = "no such service", .ar_request = &hints};
  struct gaicb *both[] = {&one, NULL, &bad};
  say("getaddrinfo_a: %d", getaddrinfo_a(GAI_WAIT, both, 3, NULL));
  say("  %s, %s", error_text(gai_error(&one)), error_text(gai_error(&bad)));
  say("  family %d", one.ar_result->ai_family);
  freeaddrinfo(one.ar_result);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1, .sigev_value = {.sival_int = 7}};
  say("getaddrinfo_a, not waiting: %d", getaddrinfo_a(GAI_NOWAIT, both, 1, &event));
  siginfo_t info;
  must(sigwaitinfo(&set, &info) == SIGUSR1);
  say("  signal with code %d, value %d: %s", info.si_code, info.si_value.sival_int, error_text(gai_error(&one)));
  freeaddrinfo(one.ar_result);
  say("  cancel: %s", error_text(gai_cancel(&one)));
}

int main(void) {
  ask_numbers();
  ask_nobody();
  ask_services();
  ask_localhost();
  ask_back();
  ask_old_calls();
  ask_later();
  say("end");
}
