/* SPDX-License-Identifier: MIT
 * Every kind of local address: which two can be bound side by side, and which destinations reach which listener. */
#include "transcript.h"

struct place {
  const char *title;
  int family, v6_only;
  const char *address;
};

static const struct place places[] = {
    {"0.0.0.0", AF_INET, 0, "0.0.0.0"},
    {"127.0.0.1", AF_INET, 0, "127.0.0.1"},
    {"::", AF_INET6, 0, "::"},
    {":: IPv6 only", AF_INET6, 1, "::"},
    {"::1", AF_INET6, 0, "::1"},
    {"::1 IPv6 only", AF_INET6, 1, "::1"},
    {"::ffff:127.0.0.1", AF_INET6, 0, "::ffff:127.0.0.1"},
    {"::ffff:0.0.0.0", AF_INET6, 0, "::ffff:0.0.0.0"},
    {"::ffff:127.0.0.1 IPv6 only", AF_INET6, 1, "::ffff:127.0.0.1"},
};
enum { PLACES = sizeof places / sizeof *places };

static int make(const struct place *p, int type) {
  int fd = socket(p->family, type | SOCK_CLOEXEC, 0);
  must(fd >= 0);
  if (p->family == AF_INET6) must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &p->v6_only, sizeof p->v6_only) == 0);
  return fd;
}

static const char *attempt(int result) { return result < 0 ? strerrorname_np(errno) : "0"; }

static void side_by_side(int type) {
  for (int i = 0; i < PLACES; i++)
    for (int j = 0; j < PLACES; j++) {
      int first = make(&places[i], type), second = make(&places[j], type), port = own_port();
      struct name one = name_of(places[i].family, places[i].address, port), other = name_of(places[j].family, places[j].address, port);
      const char *before = attempt(bind(first, sa(&one), one.length));
      say("%s: %s, beside it %s: %s", places[i].title, before, places[j].title, attempt(bind(second, sa(&other), other.length)));
      close(first);
      close(second);
    }
}

static void reach(void) {
  for (int i = 0; i < PLACES; i++) {
    int server = make(&places[i], SOCK_STREAM), port = own_port();
    struct name at = name_of(places[i].family, places[i].address, port);
    if (bind(server, sa(&at), at.length) < 0) {
      close(server);
      continue;
    }
    must(listen(server, 4) == 0);
    name_port(port, "server");
    say_local(places[i].title, server);
    for (int j = 0; j < PLACES; j++) {
      int client = make(&places[j], SOCK_STREAM);
      struct name to = name_of(places[j].family, places[j].address, port);
      const char *result = attempt(connect(client, sa(&to), to.length));
      say("from a socket of %s: %s", places[j].title, result);
      if (strcmp(result, "0") == 0) {
        struct name own = local_of(client), peer = {.length = sizeof peer.at};
        name_port(name_port_of(&own), "client");
        say_local("  client", client);
        say_peer("  client", client);
        int accepted = accept(server, sa(&peer), &peer.length);
        must(accepted >= 0);
        say("  accepted from %s", text(&peer));
        say_local("  accepted", accepted);
        close(client);
        char byte;
        must(read(accepted, &byte, 1) == 0);
        close(accepted);
      } else {
        close(client);
      }
    }
    close(server);
  }
}

int main(void) {
  say("streams");
  side_by_side(SOCK_STREAM);
  say("datagrams");
  side_by_side(SOCK_DGRAM);
  say("connects");
  reach();
  say("end");
}
