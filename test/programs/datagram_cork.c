/* SPDX-License-Identifier: MIT
 * MSG_MORE and UDP_CORK: several sends become one datagram, which goes where the first of them said. */
#include <netinet/udp.h>

#include "transcript.h"

static char big[70000];

static void hear(const char *what, int fd) {
  char bytes[64] = "";
  struct name from = {.length = sizeof from.at};
  long got = recvfrom(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT | MSG_TRUNC, sa(&from), &from.length);
  if (got < 0)
    say("  %s: %s", what, strerrorname_np(errno));
  else
    say("  %s: %ld bytes %.20s from %s", what, got, bytes, text(&from));
}

static void set_cork(int fd, int value) { check(value ? "cork" : "uncork", setsockopt(fd, IPPROTO_UDP, UDP_CORK, &value, sizeof value)); }

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server"),
      other = bound(family, SOCK_DGRAM, "other");
  struct name to = local_of(server), to_other = local_of(other);
  check("MORE", sendto(client, "one ", 4, MSG_MORE, sa(&to), to.length));
  hear("nothing yet", server);
  check("MORE, elsewhere", sendto(client, "two ", 4, MSG_MORE, sa(&to_other), to_other.length));
  check("MORE, no bytes", sendto(client, "", 0, MSG_MORE, sa(&to), to.length));
  check("the last, by send", send(client, "three", 5, 0));
  hear("all", server);
  hear("elsewhere", other);
  check("alone", sendto(client, "alone", 5, 0, sa(&to), to.length));
  hear("alone", server);

  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(client, IPPROTO_UDP, UDP_CORK, &value, &length) == 0);
  say("UDP_CORK %d", value);
  set_cork(client, 7);
  must(getsockopt(client, IPPROTO_UDP, UDP_CORK, &value, &length) == 0);
  say("UDP_CORK %d", value);
  check("uncork without anything", setsockopt(client, IPPROTO_UDP, UDP_CORK, &(int){0}, sizeof(int)));
  hear("nothing", server);
  set_cork(client, 1);
  must(connect(client, sa(&to), to.length) == 0);
  struct iovec parts[] = {{"wri", 3}, {"tev ", 4}};
  check("write", write(client, "write ", 6));
  check("writev", writev(client, parts, 2));
  struct mmsghdr messages[2] = {{.msg_hdr = {.msg_iov = parts, .msg_iovlen = 1}}, {.msg_hdr = {.msg_iov = parts + 1, .msg_iovlen = 1}}};
  check("sendmmsg", sendmmsg(client, messages, 2, 0));
  hear("nothing yet", server);
  set_cork(client, 0);
  hear("all", server);
  hear("no more", server);

  say("too much");
  check("MORE", send(client, big, 40000, MSG_MORE));
  check("MORE", send(client, big, 40000, MSG_MORE));
  check("what was gathered is gone", send(client, "x", 1, 0));
  hear("the last alone", server);
  check("MORE", send(client, big, 60000, MSG_MORE));
  check("over 64 KiB at once", send(client, big, 66000, MSG_MORE));
  check("what was gathered is still there", send(client, "x", 1, 0));
  hear("all", server);
  must(connect(client, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)) == 0);
  check("MORE to nobody", send(client, "x", 1, MSG_MORE));
  check("MORE", sendto(client, "lost", 4, MSG_MORE, sa(&to), to.length));
  close(client);
  hear("closed with some gathered", server);

  client = socket(family, SOCK_DGRAM, 0);
  check("MORE, on a fresh one", sendto(client, "x", 1, MSG_MORE, sa(&to), to.length));
  struct name own = local_of(client);
  say("has a port: %d", name_port_of(&own) != 0);
  name_port(name_port_of(&own), "fresh");
  check("and", send(client, "y", 1, 0));
  hear("both", server);
  close(client);
  close(server);
  close(other);
}

int main(void) {
  each_family(run);
  say("end");
}
