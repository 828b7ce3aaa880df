/* SPDX-License-Identifier: MIT
 * MSG_PEEK shows the descriptors again and again, and the real receive still has them. */
#include "passing.h"

static void run(int type) {
  say("over a %s", carrier_name(type));
  struct carrier c = carrier_of(type);
  int fds[] = {listener(AF_INET), open("/dev/null", O_RDONLY | O_CLOEXEC), bound(AF_INET6, SOCK_DGRAM, "server")};
  int base = open_descriptors();
  must(send_descriptors(c.from, fds, 3, 0) == 1);
  for (int i = 0; i < 3; i++) {
    struct received r = receive_descriptors(c.to, i < 2 ? MSG_PEEK : 0);
    say_received(i < 2 ? "peek" : "receive", &r);
    for (int j = 0; j < r.count; j++) say_socket("got", r.fds[j]);
    if (i == 1) { /* a peeked listener accepts */
      int client = connected_to(r.fds[0]), server = accept(r.fds[0], NULL, NULL);
      must(server >= 0);
      say_peer("accepted", server);
      close(client);
      close(server);
    }
    close_received(&r);
    say("%d more descriptors are open", open_descriptors() - base);
  }
  struct received r = receive_descriptors(c.to, MSG_DONTWAIT | MSG_PEEK);
  say_received("nothing more", &r);
  must(send_descriptors(c.from, fds, 3, 0) == 1);
  char byte;
  check("peek without a buffer", recv(c.to, &byte, 1, MSG_PEEK));
  r = receive_into(c.to, CMSG_SPACE(sizeof(int)), MSG_PEEK);
  say_received("peek with little room", &r);
  close_received(&r);
  r = receive_descriptors(c.to, 0);
  say_received("receive", &r);
  for (int j = 0; j < r.count; j++) say_socket("got", r.fds[j]);
  close_received(&r);
  say("%d more descriptors are open", open_descriptors() - base);
  for (int i = 0; i < 3; i++) close(fds[i]);
  close_carrier(c);
}

int main(void) {
  run(SOCK_STREAM);
  run(SOCK_DGRAM);
  run(SOCK_SEQPACKET);
  say("end");
}
