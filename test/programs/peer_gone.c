/* SPDX-License-Identifier: MIT
 * The peer closes: the end is read, then writing is EPIPE; when it left bytes unread, ECONNRESET. */
#include "transcript.h"

static void run(int family) {
  char bytes[16];
  struct pair p = stream_pair(family);
  must(send(p.server, "bye", 3, 0) == 3);
  close(p.server);
  say("poll: %s", events_text(wait_for(p.client, POLLIN | POLLRDHUP)));
  check("what it wrote", recv(p.client, bytes, sizeof bytes, 0));
  check("the end", recv(p.client, bytes, sizeof bytes, 0));
  ssize_t n = check("the first write after the end", send(p.client, "x", 1, MSG_NOSIGNAL));
  while (n == 1) n = send(p.client, "x", 1, MSG_NOSIGNAL);
  check("writing ends with", n);
  close(p.client);

  p = stream_pair(family);
  must(send(p.client, "unread", 6, 0) == 6);
  wait_for(p.server, POLLIN);
  close(p.server);
  wait_for(p.client, POLLIN);
  check("peer closed with bytes unread: recv", recv(p.client, bytes, sizeof bytes, 0));
  check("and then", recv(p.client, bytes, sizeof bytes, 0));
  check("send", send(p.client, "x", 1, MSG_NOSIGNAL));
  close(p.client);

  p = stream_pair(family);
  struct linger hard = {1, 0};
  check("SO_LINGER 0", setsockopt(p.server, SOL_SOCKET, SO_LINGER, &hard, sizeof hard));
  close(p.server);
  short events = wait_for(p.client, POLLIN);
  say("poll: in %d hang-up %d", (events & POLLIN) != 0, (events & POLLHUP) != 0);
  check("hard close: recv", recv(p.client, bytes, sizeof bytes, 0));
  close(p.client);

  p = stream_pair(family);
  signal(SIGPIPE, SIG_DFL);
  pid_t child = fork();
  if (child == 0) {
    must(shutdown(p.client, SHUT_WR) == 0);
    (void)!write(p.client, "x", 1);
    _exit(0);
  }
  say("a child that ignores nothing: %s", end_of(child) == 1000 + SIGPIPE ? "SIGPIPE" : "another end");
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
