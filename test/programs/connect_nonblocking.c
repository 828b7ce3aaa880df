/* SPDX-License-Identifier: MIT
 * connect, non-blocking, as event loops do it: EINPROGRESS, poll, SO_ERROR. */
#include <sys/epoll.h>

#include "transcript.h"

static int error_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
  return value;
}

static const char *error_name(int fd) {
  int error = error_of(fd);
  return error ? strerrorname_np(error) : "0";
}

static void accepted(int family) {
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
  int peer = accept(server, NULL, NULL);
  check("send", send(peer, "x", 1, 0));
  say("poll: %s", events_text(wait_for(client, POLLIN)));
  check("recv", recv(client, &byte, 1, 0));
  close(client);
  say("poll at the other end: %s", events_text(wait_for(peer, POLLIN | POLLRDHUP)));
  check("recv at the end", recv(peer, &byte, 1, 0));
  close(peer);
  close(server);
}

static int refused_client(int family, struct name *nobody) {
  int server = listener(family);
  *nobody = local_of(server);
  close(server);
  int client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  check("connect to nobody", connect(client, sa(nobody), nobody->length));
  return client;
}

static void refused(int family) {
  struct name nobody;
  char byte;
  int client = refused_client(family, &nobody);
  struct pollfd all = {.fd = client, .events = POLLIN | POLLOUT | POLLRDHUP};
  must(poll(&all, 1, 20000) == 1);
  say("poll: %s", events_text(all.revents));
  const char *first = error_name(client);
  say("SO_ERROR: %s, then %d", first, error_of(client));
  say_peer("refused", client);
  must(poll(&all, 1, 0) == 1);
  say("poll: %s", events_text(all.revents));
  check("recv", recv(client, &byte, 1, 0));
  check("send", send(client, "x", 1, MSG_NOSIGNAL));
  close(client);

  client = refused_client(family, &nobody);
  check("told by recv", recv(client, &byte, 1, 0));
  check("then", recv(client, &byte, 1, 0));
  close(client);
  client = refused_client(family, &nobody);
  check("told by send", send(client, "x", 1, MSG_NOSIGNAL));
  check("then", send(client, "x", 1, MSG_NOSIGNAL));
  close(client);

  /* The descriptor is watched before it connects. */
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET};
  client = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0);
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event) == 0);
  must(epoll_wait(epoll, &event, 1, 20000) == 1);
  say("unconnected: %s", events_text((short)event.events));
  check("connect to nobody", connect(client, sa(&nobody), nobody.length));
  must(epoll_wait(epoll, &event, 1, 20000) == 1);
  say("an edge: %s", events_text((short)event.events));
  close(client);
  close(epoll);
}

static void once_more(int family) {
  struct name nobody;
  int client = refused_client(family, &nobody);
  wait_for(client, POLLOUT);
  check("again, not yet told", connect(client, sa(&nobody), nobody.length));
  say("poll: %s", events_text(wait_for(client, POLLOUT)));
  check("again", connect(client, sa(&nobody), nobody.length));
  wait_for(client, POLLOUT);
  say("SO_ERROR: %s", error_name(client));
  int server = listener(family), copy = dup(client);
  struct name to = local_of(server);
  check("again, told", connect(client, sa(&to), to.length));
  check("to somebody", connect(copy, sa(&to), to.length));
  say("poll: %s", events_text(wait_for(client, POLLOUT)));
  check("it is connected", connect(client, sa(&to), to.length));
  int peer = accept(server, NULL, NULL);
  check("send by the copy", send(copy, "x", 1, 0));
  char byte;
  check("recv", recv(peer, &byte, 1, 0));
  close(copy);
  close(client);
  close(peer);
  close(server);
}

static void run(int family) {
  accepted(family);
  refused(family);
  once_more(family);
}

int main(void) {
  each_family(run);
  say("end");
}
