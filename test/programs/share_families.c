/* SPDX-License-Identifier: MIT
 * Sockets of both families, on the unspecified address and on one of the loopback, that share a port by SO_REUSEADDR or SO_REUSEPORT: who may
 * join whom, who hears what comes, and what is left when one goes. */
#include "transcript.h"

static const char *const options[] = {"nothing", "REUSEADDR", "REUSEPORT"};
static const int option_numbers[] = {0, SO_REUSEADDR, SO_REUSEPORT};

struct place {
  const char *title;
  int family, v6_only;
  const char *address;
};
static const struct place any4 = {"0.0.0.0", AF_INET, 0, "0.0.0.0"}, near4 = {"127.0.0.1", AF_INET, 0, "127.0.0.1"},
                          far4 = {"127.9.8.7", AF_INET, 0, "127.9.8.7"}, any6 = {"::", AF_INET6, 0, "::"},
                          only6 = {":: of IPv6 only", AF_INET6, 1, "::"}, near6 = {"::1", AF_INET6, 0, "::1"},
                          mapped = {"::ffff:127.0.0.1", AF_INET6, 0, "::ffff:127.0.0.1"};
static const struct place *const pairs[][2] = {
    {&any4, &any6},  {&any6, &any4},  {&near4, &any6}, {&any6, &near4},  {&far4, &any6},   {&any6, &far4},
    {&any4, &far4},  {&far4, &any4},  {&any4, &only6}, {&mapped, &any4}, {&any6, &mapped}, {&any6, &near6},
    {&near6, &any6}, {&any6, &only6}, {&only6, &any6}, {&only6, &near6}, {&near6, &only6},
};
enum { PAIRS = sizeof pairs / sizeof *pairs };

static int make(const struct place *p, int type, int option) {
  int fd = socket(p->family, type | SOCK_CLOEXEC, 0), on = 1;
  must(fd >= 0);
  if (option) must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0);
  if (p->family == AF_INET6) must(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &p->v6_only, sizeof p->v6_only) == 0);
  return fd;
}

static const char *attempt(int result) { return result < 0 ? strerrorname_np(errno) : "0"; }

static int bind_at(int fd, const struct place *p, int port) {
  struct name at = name_of(p->family, p->address, port);
  return bind(fd, sa(&at), at.length);
}

static const struct place *const targets[] = {&near4, &far4, &near6};

/* Which of two sockets takes what comes. */
static const char *taker(int type, const int fds[2], int port, const struct place *to) {
  struct name at = name_of(to->family, to->address, port);
  int client = socket(to->family, type | SOCK_CLOEXEC, 0);
  must(client >= 0);
  int result = type == SOCK_STREAM ? connect(client, sa(&at), at.length) : (int)sendto(client, "x", 1, 0, sa(&at), at.length);
  const char *answer = result < 0 ? strerrorname_np(errno) : "nobody";
  struct pollfd p[] = {{.fd = fds[0], .events = POLLIN}, {.fd = fds[1], .events = POLLIN}};
  int count = result < 0 ? 0 : poll(p, 2, type == SOCK_STREAM ? 10000 : 0), index = p[0].revents & POLLIN ? 0 : 1;
  if (count == 1) {
    answer = index ? "the second" : "the first";
    char byte;
    if (type == SOCK_STREAM) {
      int accepted = accept4(fds[index], NULL, NULL, SOCK_CLOEXEC);
      must(accepted >= 0);
      close(client);
      must(read(accepted, &byte, 1) == 0);
      close(accepted);
      return answer;
    }
    must(recv(fds[index], &byte, 1, 0) == 1);
  } else if (count == 2) {
    answer = "both";
  }
  close(client);
  return answer;
}

static void takers(int type, const int fds[2], int port) {
  const char *got[3];
  for (int i = 0; i < 3; i++) got[i] = taker(type, fds, port, targets[i]);
  say("    127.0.0.1: %s, 127.9.8.7: %s, ::1: %s", got[0], got[1], got[2]);
}

static void share(int type, const struct place *const pair[2], int first_option, int second_option) {
  int port = own_port();
  int fds[] = {make(pair[0], type, option_numbers[first_option]), make(pair[1], type, option_numbers[second_option])};
  must(bind_at(fds[0], pair[0], port) == 0);
  const char *result = attempt(bind_at(fds[1], pair[1], port));
  say("%s with %s, %s with %s: %s", pair[0]->title, options[first_option], pair[1]->title, options[second_option], result);
  if (strcmp(result, "0") == 0) {
    if (type == SOCK_STREAM) {
      const char *one = attempt(listen(fds[0], 8));
      say("  listen: %s, %s", one, attempt(listen(fds[1], 8)));
    }
    takers(type, fds, port);
    close(fds[0]);
    int rest[] = {-1, fds[1]};
    say("  without the first");
    takers(type, rest, port);
    fds[0] = make(pair[0], type, option_numbers[first_option]);
    say("  the first again: %s", attempt(bind_at(fds[0], pair[0], port)));
    if (type == SOCK_STREAM) say("  listen: %s", attempt(listen(fds[0], 8)));
    close(fds[1]);
    int others[] = {fds[0], -1};
    say("  without the second");
    takers(type, others, port);
  } else {
    close(fds[1]);
  }
  close(fds[0]);
  for (int i = 0; i < 2; i++) {
    int fd = make(pair[i], type, 0);
    must(bind_at(fd, pair[i], port) == 0);
    close(fd);
  }
}

int main(int count, char **arguments) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  (void)arguments;
  for (int t = count > 1; t < 2; t++) {
    say(t ? "datagrams" : "streams");
    for (int i = 0; i < PAIRS; i++)
      for (int first = 0; first < 3; first++)
        for (int second = 0; second < 3; second++) share(types[t], pairs[i], first, second);
  }
  say("end");
}
