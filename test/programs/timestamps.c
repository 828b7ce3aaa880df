/* SPDX-License-Identifier: MIT
 * Control data of received datagrams besides the address: SO_TIMESTAMP. */
#include <sys/time.h>
#include <time.h>

#include "transcript.h"

static void receive(const char *what, int fd) {
  union {
    char bytes[256];
    struct cmsghdr align;
  } control;
  char bytes[16];
  struct iovec part = {bytes, sizeof bytes};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  check(what, recvmsg(fd, &m, 0));
  say("  control %zu", m.msg_controllen);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    time_t seconds = 0;
    memcpy(&seconds, CMSG_DATA(c), sizeof seconds);
    say("  level %d type %d length %zu, now %d", c->cmsg_level, c->cmsg_type, c->cmsg_len, labs(time(NULL) - seconds) < 60);
  }
}

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server"), on = 1, off = 0;
  struct name to = local_of(server);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  receive("without", server);
  must(setsockopt(server, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  receive("SO_TIMESTAMP", server);
  must(setsockopt(server, SOL_SOCKET, SO_TIMESTAMP, &off, sizeof off) == 0);
  must(setsockopt(server, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) == 0);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  receive("SO_TIMESTAMPNS", server);
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
