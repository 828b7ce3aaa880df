/* SPDX-License-Identifier: MIT
 * MSG_PEEK, MSG_DONTWAIT, MSG_WAITALL, MSG_TRUNC, MSG_MORE and a length of 0 on a stream. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  char bytes[32] = "";
  check("DONTWAIT, nothing there", recv(p.server, bytes, sizeof bytes, MSG_DONTWAIT));
  check("PEEK and DONTWAIT, nothing there", recv(p.server, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT));
  must(send(p.client, "hello", 5, 0) == 5);
  check("PEEK 3", recv(p.server, bytes, 3, MSG_PEEK));
  say("%.3s", bytes);
  check("PEEK all", recv(p.server, bytes, sizeof bytes, MSG_PEEK));
  check("read of it", read(p.server, bytes, sizeof bytes));
  say("%.5s", bytes);
  must(send(p.client, "abcdef", 6, 0) == 6);
  check("a short read", read(p.server, bytes, 2));
  check("the rest", recv(p.server, bytes, sizeof bytes, 0));
  say("%.4s", bytes);

  must(send(p.client, "123", 3, MSG_MORE) == 3);
  must(send(p.client, "456", 3, 0) == 3);
  check("WAITALL", recv(p.server, bytes, 6, MSG_WAITALL));
  say("%.6s", bytes);
  pid_t child = fork();
  if (child == 0) {
    must(send(p.client, "xx", 2, 0) == 2);
    must(send(p.client, "yyyy", 4, 0) == 4);
    _exit(0);
  }
  check("WAITALL, bytes come in two parts", recv(p.server, bytes, 6, MSG_WAITALL));
  say("%.6s child %d", bytes, end_of(child));
  check("PEEK and WAITALL with less there", (send(p.client, "zz", 2, 0), recv(p.server, bytes, 2, MSG_PEEK | MSG_WAITALL)));
  check("take it", recv(p.server, bytes, 2, 0));

  check("send of 0 bytes", send(p.client, "", 0, 0));
  check("write of 0 bytes", write(p.client, "", 0));
  check("recv of 0 bytes", recv(p.server, bytes, 0, MSG_DONTWAIT));
  check("read of 0 bytes", read(p.server, bytes, 0));
  must(send(p.client, "gone", 4, 0) == 4);
  memset(bytes, '-', sizeof bytes);
  check("TRUNC takes bytes without a copy", recv(p.server, bytes, 4, MSG_TRUNC));
  say("first byte of the buffer: %c", bytes[0]);
  check("nothing is left", recv(p.server, bytes, sizeof bytes, MSG_DONTWAIT));
  check("a bad address", recv(p.server, (void *)8, 4, MSG_DONTWAIT));
  check("a bad address to send", send(p.client, (void *)8, 4, 0));
  must(shutdown(p.client, SHUT_WR) == 0);
  check("WAITALL at the end", recv(p.server, bytes, 6, MSG_WAITALL));
  check("PEEK at the end", recv(p.server, bytes, 6, MSG_PEEK));
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
