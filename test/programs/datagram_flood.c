/* SPDX-License-Identifier: MIT
 * A sender never waits for a reader: what does not fit is dropped. Datagrams that are kept stay in order. */
#include "transcript.h"

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server);
  char bytes[2048] = "";
  int sent = 0;
  for (int i = 0; i < 3000; i++) {
    memcpy(bytes, &i, sizeof i);
    sent += sendto(client, bytes, sizeof bytes, 0, sa(&to), to.length) == (ssize_t)sizeof bytes;
  }
  int kept = 0, last = -1;
  bool in_order = true;
  while (recv(server, bytes, sizeof bytes, MSG_DONTWAIT) == (ssize_t)sizeof bytes) {
    int number;
    memcpy(&number, bytes, sizeof number);
    in_order = in_order && number > last;
    last = number;
    kept++;
  }
  say("sent %d, some were kept %d, some were dropped %d, in order %d", sent, kept > 0, kept < 3000, in_order);
  check("room again", sendto(client, "x", 1, 0, sa(&to), to.length));
  check("recv", recv(server, bytes, sizeof bytes, 0));
  for (int i = 0; i < 5; i++) must(sendto(client, "five", 4, 0, sa(&to), to.length) == 4);
  for (int i = 0; i < 5; i++) check("of five", recv(server, bytes, sizeof bytes, MSG_DONTWAIT));
  must(fcntl(client, F_SETFL, O_NONBLOCK) == 0);
  bool waited = false;
  for (int i = 0; i < 500; i++) waited = waited || sendto(client, bytes, sizeof bytes, 0, sa(&to), to.length) < 0;
  say("a non-blocking sender hears EAGAIN: %d", waited);
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
