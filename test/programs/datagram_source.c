/* SPDX-License-Identifier: MIT
 * Which address of its own a server of all addresses answers from: by IP_PKTINFO and IPV6_PKTINFO of its message, as asked or another one; what
 * a client that is connected hears of it; and which of several servers of a port was asked where. */
#include "transcript.h"

union control {
  char bytes[256];
  struct cmsghdr align;
};

static int server_at(int family, const char *address, int port, int option) {
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
  struct name at = name_of(family, address, port);
  if (option) must(setsockopt(fd, SOL_SOCKET, option, &on, sizeof on) == 0);
  must(bind(fd, sa(&at), at.length) == 0);
  must(setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, family == AF_INET ? IP_PKTINFO : IPV6_RECVPKTINFO, &on, sizeof on) ==
       0);
  if (family == AF_INET6) must(setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0);
  return fd;
}

/* Takes one datagram and says where it was meant for. */
static struct name take(int fd, char *asked) {
  struct name from;
  union control control;
  char byte;
  struct iovec part = {&byte, 1};
  struct msghdr m = {.msg_name = &from.at,
                     .msg_namelen = sizeof from.at,
                     .msg_iov = &part,
                     .msg_iovlen = 1,
                     .msg_control = &control,
                     .msg_controllen = sizeof control};
  must(recvmsg(fd, &m, 0) == 1);
  from.length = m.msg_namelen;
  strcpy(asked, "nothing");
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO)
      inet_ntop(AF_INET, &((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr, asked, INET6_ADDRSTRLEN);
    else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO && strcmp(asked, "nothing") == 0)
      inet_ntop(AF_INET6, &((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr, asked, INET6_ADDRSTRLEN);
  }
  return from;
}

static long answer_from(int fd, struct name *to, const char *address) {
  union control control = {.bytes = {0}};
  struct iovec part = {"y", 1};
  struct msghdr m = {.msg_name = &to->at, .msg_namelen = to->length, .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control};
  if (strchr(address, ':')) {
    m.msg_controllen = CMSG_SPACE(sizeof(struct in6_pktinfo));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct in6_pktinfo)), .cmsg_level = IPPROTO_IPV6, .cmsg_type = IPV6_PKTINFO};
    must(inet_pton(AF_INET6, address, &((struct in6_pktinfo *)CMSG_DATA(c))->ipi6_addr) == 1);
  } else {
    m.msg_controllen = CMSG_SPACE(sizeof(struct in_pktinfo));
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    must(inet_pton(AF_INET, address, &((struct in_pktinfo *)CMSG_DATA(c))->ipi_spec_dst) == 1);
  }
  return sendmsg(fd, &m, 0);
}

static void hear(const char *what, int client) {
  struct name from = {.length = sizeof from.at};
  char byte;
  if (recvfrom(client, &byte, 1, MSG_DONTWAIT, sa(&from), &from.length) < 0)
    say("  %s: %s", what, strerrorname_np(errno));
  else
    say("  %s: from %s", what, text(&from));
}

static void ask(int server, int family, const char *to, const char *from, bool connected) {
  struct name own = local_of(server), at = name_of(family, to, name_port_of(&own));
  int client = bound(family, SOCK_DGRAM, "client");
  char asked[INET6_ADDRSTRLEN];
  if (connected) must(connect(client, sa(&at), at.length) == 0);
  must((connected ? send(client, "x", 1, 0) : sendto(client, "x", 1, 0, sa(&at), at.length)) == 1);
  struct name client_name = take(server, asked);
  say("asked at %s%s: meant for %s", to, connected ? " by a connected one" : "", asked);
  check("  answer", answer_from(server, &client_name, from));
  hear(from, client);
  must(sendto(server, "z", 1, 0, sa(&client_name), client_name.length) == 1);
  hear("without", client);
  close(client);
}

static void v4(void) {
  static const char *const pairs[][2] = {{"127.0.0.1", "127.0.0.1"},
                                         {"127.0.0.99", "127.0.0.99"},
                                         {"127.9.8.7", "127.0.0.1"},
                                         {"127.0.0.1", "127.9.8.7"},
                                         {"127.0.0.1", "0.0.0.0"}};
  for (int dual = 0; dual < 2; dual++) {
    int server = server_at(dual ? AF_INET6 : AF_INET, dual ? "::" : "0.0.0.0", own_port(), 0);
    struct name own = local_of(server);
    name_port(name_port_of(&own), "server");
    for (int i = 0; i < 5; i++)
      for (int connected = 0; connected < 2; connected++) ask(server, AF_INET, pairs[i][0], pairs[i][1], connected);
    close(server);
  }
}

static void v6(void) {
  int server = server_at(AF_INET6, "::", own_port(), 0);
  struct name own = local_of(server);
  name_port(name_port_of(&own), "server");
  for (int connected = 0; connected < 2; connected++) ask(server, AF_INET6, "::1", "::1", connected);
  close(server);
}

static void shared(int option) {
  int port = own_port(), servers[2];
  name_port(port, "server");
  for (int i = 0; i < 2; i++) servers[i] = server_at(AF_INET, "0.0.0.0", port, option);
  static const char *const places[] = {"127.0.0.1", "127.0.0.99", "127.3.2.1"};
  for (int i = 0; i < 6; i++) {
    struct name at = name_of(AF_INET, places[i / 2], port);
    int client = bound(AF_INET, SOCK_DGRAM, "client");
    char asked[INET6_ADDRSTRLEN];
    if (i % 2) must(connect(client, sa(&at), at.length) == 0);
    must((i % 2 ? send(client, "x", 1, 0) : sendto(client, "x", 1, 0, sa(&at), at.length)) == 1);
    struct pollfd p[] = {{.fd = servers[0], .events = POLLIN}, {.fd = servers[1], .events = POLLIN}};
    must(poll(p, 2, 5000) == 1);
    int server = p[0].revents ? servers[0] : servers[1];
    struct name from = take(server, asked);
    say("one of two, asked at %s: meant for %s", places[i / 2], asked);
    check("  answer", answer_from(server, &from, asked));
    hear("it", client);
    close(client);
  }
  close(servers[0]);
  close(servers[1]);
}

int main(void) {
  v4();
  transcript_port_count = 0;
  v6();
  transcript_port_count = 0;
  say("SO_REUSEADDR");
  shared(SO_REUSEADDR);
  transcript_port_count = 0;
  say("SO_REUSEPORT");
  shared(SO_REUSEPORT);
  say("end");
}
