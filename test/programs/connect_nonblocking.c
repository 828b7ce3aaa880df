/* SPDX-License-Identifier: MIT
 * connect, non-blocking, as event loops do it: EINPROGRESS, poll, SO_ERROR. */
#include "transcript.h"

static int error_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
  return value;
}

static void run(int family) {
  int server = listener(family);
  struct name to = local_of(server);
  int client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  check("connect", connect(client, sa(&to), to.length));
  say("poll: %s", events_text(wait_for(client, POLLOUT)));
  say("SO_ERROR %d", error_of(client));
  struct name own = local_of(client);
  name_port(name_port_of(&own), "client");
  say_local("client", client);
  say_peer("client", client);
  check("connect again", connect(client, sa(&to), to.length));
  check("and again", connect(client, sa(&to), to.length));
  char byte;
  check("nothing to read", recv(client, &byte, 1, 0));
  int accepted = accept(server, NULL, NULL);
  check("send", send(accepted, "x", 1, 0));
  say("poll: %s", events_text(wait_for(client, POLLIN)));
  check("recv", recv(client, &byte, 1, 0));
  close(client);
  say("poll at the other end: %s", events_text(wait_for(accepted, POLLIN | POLLRDHUP)));
  check("recv at the end", recv(accepted, &byte, 1, 0));
  close(accepted);
  struct name nobody = local_of(server);
  close(server);

  client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  check("connect to nobody", connect(client, sa(&nobody), nobody.length));
  short events = wait_for(client, POLLOUT);
  say("poll: out %d hang-up %d", (events & POLLOUT) != 0, (events & POLLHUP) != 0);
  int first = error_of(client), second = error_of(client);
  say("SO_ERROR: %s, then %d", strerrorname_np(first), second);
  say_peer("refused", client);
  close(client);
}

int main(void) {
  each_family(run);
  say("end");
}
