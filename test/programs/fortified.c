/* SPDX-License-Identifier: MIT
 * cc: -O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
 * A hardened program: buffers of a known size, lengths that are not: __read_chk, __recv_chk, __recvfrom_chk. */
#include "transcript.h"

static volatile size_t five = 5, many = 64;

static void run(int family) {
  char buffer[64];
  struct pair p = stream_pair(family);
  must(send(p.client, "0123456789abcdef", 16, 0) == 16);
  check("read", read(p.server, buffer, five));
  check("recv", recv(p.server, buffer, five, 0));
  struct name from = {.length = sizeof from.at};
  check("recvfrom", recvfrom(p.server, buffer, many, 0, sa(&from), &from.length));
  say("address of %u bytes", from.length);
  struct pollfd waiting = {.fd = p.server, .events = POLLIN};
  check("poll", poll(&waiting, (nfds_t)(five - 4), 0));
  close_pair(p);
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server);
  for (int i = 0; i < 3; i++) must(sendto(client, "datagram", five + 3, 0, sa(&to), to.length) == 8);
  from = (struct name){.length = sizeof from.at};
  check("recvfrom", recvfrom(server, buffer, many, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  check("recv", recv(server, buffer, many, 0));
  check("read", read(server, buffer, five));
  check("nothing more", recv(server, buffer, many, MSG_DONTWAIT));
  close(client);
  close(server);
  int fresh = socket(family, SOCK_STREAM, 0);
  check("read of a fresh stream", read(fresh, buffer, many));
  check("recv of a fresh stream", recv(fresh, buffer, many, 0));
  close(fresh);
  check("read of a closed one", read(fresh, buffer, many));
  struct pair q = stream_pair(family);
  pid_t child = fork();
  if (child == 0) {
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDERR_FILENO);
    size_t too_many = many + five;
    (void)!read(q.server, buffer, too_many);
    _exit(0);
  }
  say("a length beyond the buffer: %s", end_of(child) == 1000 + SIGABRT ? "SIGABRT" : "no abort");
  close_pair(q);
}

int main(void) {
  each_family(run);
  say("end");
}
