/* SPDX-License-Identifier: MIT
 * Sends that fail leave nothing behind, and the next one works. */
#include "passing.h"

static void run(int type) {
  say("over a %s", carrier_name(type));
  struct carrier c = carrier_of(type);
  int fd = listener(AF_INET), base = open_descriptors();
  fcntl(c.from, F_SETFL, O_NONBLOCK);
  must(setsockopt(c.from, SOL_SOCKET, SO_SNDBUF, &(int){4096}, sizeof(int)) == 0);
  int sent = 0;
  while (send_descriptors(c.from, &fd, 1, MSG_NOSIGNAL) == 1) sent++;
  say("full: %s", strerrorname_np(errno));
  for (int i = 0; i < 5; i++) must(send_descriptors(c.from, &fd, 1, MSG_NOSIGNAL) < 0);
  say("%d more descriptors are open", open_descriptors() - base);
  int received = 0;
  for (;;) {
    struct received r = receive_descriptors(c.to, MSG_DONTWAIT);
    if (r.bytes < 0) break;
    must(r.count == 1);
    received += local_of(r.fds[0]).length == sizeof(struct sockaddr_in);
    close_received(&r);
  }
  say("all that was sent came: %d", sent == received && sent > 0);
  check("again", send_descriptors(c.from, &fd, 1, MSG_NOSIGNAL));
  struct received r = receive_descriptors(c.to, MSG_DONTWAIT);
  say_received("received", &r);
  close_received(&r);
  close(c.to);
  check("nobody there", send_descriptors(c.from, &fd, 1, MSG_NOSIGNAL));
  check("nobody there", send_descriptors(c.from, &fd, 1, MSG_NOSIGNAL));
  close(c.from);
  check("closed", send_descriptors(c.from, &fd, 1, MSG_NOSIGNAL));
  say("%d fewer descriptors are open", base - open_descriptors());
  int file = open("/dev/null", O_RDWR | O_CLOEXEC);
  check("no socket", send_descriptors(file, &fd, 1, 0));
  struct pair p = stream_pair(AF_INET);
  check("over TCP", send_descriptors(p.client, &fd, 1, 0));
  r = receive_descriptors(p.server, 0);
  say_received("received", &r);
  close_pair(p);
  p = datagram_pair(AF_INET);
  check("over UDP", send_descriptors(p.client, &fd, 1, 0));
  r = receive_descriptors(p.server, 0);
  say_received("received", &r);
  close_pair(p);
  close(file);
  /* The listener is as it was. */
  int client = connected_to(fd), server = accept(fd, NULL, NULL);
  say_peer("accepted", server);
  close(client);
  close(server);
  close(fd);
}

int main(void) {
  run(SOCK_STREAM);
  run(SOCK_DGRAM);
  run(SOCK_SEQPACKET);
  say("end");
}
