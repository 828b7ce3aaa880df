/* SPDX-License-Identifier: MIT
 * shutdown: the other direction goes on, the end is seen once all bytes are read, EPIPE and SIGPIPE at the writer. */
#include "transcript.h"

static volatile sig_atomic_t pipes;
static void on_pipe(int number) { (void)number, pipes++; }

static void run(int family) {
  struct pair p = stream_pair(family);
  char bytes[16];
  must(send(p.client, "last", 4, 0) == 4);
  check("shutdown SHUT_WR", shutdown(p.client, SHUT_WR));
  say("poll: %s", events_text(wait_for(p.server, POLLIN | POLLRDHUP)));
  check("bytes before the end", recv(p.server, bytes, sizeof bytes, 0));
  check("the end", recv(p.server, bytes, sizeof bytes, 0));
  check("the end again", read(p.server, bytes, sizeof bytes));
  check("other direction, send", send(p.server, "answer", 6, 0));
  check("other direction, recv", recv(p.client, bytes, sizeof bytes, 0));
  pipes = 0;
  check("write after SHUT_WR", write(p.client, "x", 1));
  say("SIGPIPE %d", (int)pipes);
  check("send after SHUT_WR", send(p.client, "x", 1, 0));
  say("SIGPIPE %d", (int)pipes);
  check("send with NOSIGNAL", send(p.client, "x", 1, MSG_NOSIGNAL));
  say("SIGPIPE %d", (int)pipes);
  say_peer("half closed", p.client);
  check("SHUT_WR again", shutdown(p.client, SHUT_WR));
  check("SHUT_WR at the other end", shutdown(p.server, SHUT_WR));
  say("poll, both ways closed: %s", events_text(wait_for(p.client, POLLIN | POLLRDHUP | POLLOUT)));
  check("end", recv(p.client, bytes, sizeof bytes, 0));
  close_pair(p);

  p = stream_pair(family);
  check("SHUT_RD", shutdown(p.server, SHUT_RD));
  check("recv after SHUT_RD", recv(p.server, bytes, sizeof bytes, 0));
  check("send after SHUT_RD", send(p.server, "on", 2, 0));
  check("recv of it", recv(p.client, bytes, sizeof bytes, 0));
  say("poll: %s", events_text(wait_for(p.server, POLLIN | POLLRDHUP)));
  say("the peer's poll: %s", events_text(wait_for(p.client, POLLIN | POLLOUT | POLLRDHUP)));
  check("the peer still writes", send(p.client, "more", 4, 0));
  check("and again", write(p.client, "more", 4));
  wait_for(p.server, POLLIN);
  check("after SHUT_RD comes", recv(p.server, bytes, sizeof bytes, MSG_WAITALL));
  close_pair(p);

  p = stream_pair(family);
  check("SHUT_RDWR", shutdown(p.client, SHUT_RDWR));
  check("recv", recv(p.client, bytes, sizeof bytes, 0));
  check("send", send(p.client, "x", 1, MSG_NOSIGNAL));
  check("the other end", recv(p.server, bytes, sizeof bytes, 0));
  check("how 7", shutdown(p.server, 7));
  check("SHUT_RD as well", shutdown(p.client, SHUT_RD));
  close_pair(p);

  int fd = socket(family, SOCK_STREAM, 0);
  check("unconnected", shutdown(fd, SHUT_WR));
  close(fd);
  fd = listener(family);
  check("a listener", shutdown(fd, SHUT_RDWR));
  struct name to = local_of(fd);
  int client = socket(family, SOCK_STREAM, 0);
  check_fd("accept on it", accept(fd, NULL, NULL));
  check("connect to it", connect(client, sa(&to), to.length));
  close(client);
  close(fd);
  fd = socket(family, SOCK_DGRAM, 0);
  check("an unconnected datagram socket", shutdown(fd, SHUT_RD));
  close(fd);
  check("a closed descriptor", shutdown(fd, SHUT_RD));
}

int main(void) {
  must(signal(SIGPIPE, on_pipe) != SIG_ERR);
  each_family(run);
  say("end");
}
