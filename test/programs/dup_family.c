/* SPDX-License-Identifier: MIT
 * dup, dup2 and dup3: copies are the same socket, a replaced descriptor is not. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  char bytes[16];
  int copy = check_fd("dup", dup(p.client));
  say_local("dup", copy);
  say("lowest number %d, cloexec %d", copy > p.client, fcntl(copy, F_GETFD));
  int high = check_fd("dup2 to 200", dup2(p.client, 200));
  say("is 200 %d, cloexec %d", high == 200, fcntl(200, F_GETFD));
  say_peer("dup2", 200);
  int third = check_fd("dup3 to 201, cloexec", dup3(p.client, 201, O_CLOEXEC));
  say("is 201 %d, cloexec %d", third == 201, fcntl(201, F_GETFD));
  say_peer("dup3", 201);
  check("dup3 with a bad flag", dup3(p.client, 202, O_NONBLOCK));
  check("dup3 onto itself", dup3(p.client, p.client, 0));
  say("dup2 onto itself: same %d", dup2(p.client, p.client) == p.client);
  say_peer("after dup2 onto itself", p.client);
  check("dup2 of a closed one", dup2(999, 203));
  check("dup of a closed one", dup(999));
  check("dup2 to -1", dup2(p.client, -1));
  say_peer("after errors", p.client);
  close(p.client);
  close(copy);
  close(200);
  check("the last copy still sends", send(201, "alive", 5, 0));
  check("it comes", recv(p.server, bytes, sizeof bytes, 0));

  /* A file over a socket: the number is a file now, and the socket is gone. */
  int null = open("/dev/null", O_RDWR);
  check("file over the socket", dup2(null, 201) == 201);
  check("the peer sees the end", recv(p.server, bytes, sizeof bytes, 0));
  say_local("the number now", 201);
  check("write of 5000 bytes to it", write(201, (char[5000]){0}, 5000));
  check("send to it", send(201, "x", 1, 0));
  close(201);
  close(p.server);

  /* A socket over a socket, and over a file. */
  struct pair q = stream_pair(family);
  p = stream_pair(family);
  check("socket over a socket", dup2(p.client, q.client) == q.client);
  check("its peer sees the end", recv(q.server, bytes, sizeof bytes, 0));
  check("send through the copy", send(q.client, "through", 7, 0));
  check("it comes to the other", recv(p.server, bytes, sizeof bytes, 0));
  check("socket over a file", dup3(p.server, null, 0) == null);
  say_local("the file's number", null);
  close(null);
  close(q.client);
  close_pair(p);
  close(q.server);

  /* Kinds change as well: a datagram socket over a stream. */
  p = stream_pair(family);
  int udp = bound(family, SOCK_DGRAM, "udp");
  struct name own = local_of(udp);
  check("datagram socket over a stream", dup2(udp, p.client) == p.client);
  check("sendto", sendto(p.client, "dg", 2, 0, sa(&own), own.length));
  check("recv", recv(udp, bytes, sizeof bytes, 0));
  check("stream over a datagram socket", dup2(p.server, udp) == udp);
  say_local("it", udp);
  check("recv: the peer is gone", recv(udp, bytes, sizeof bytes, 0));
  close(udp);
  close_pair(p);
}

int main(void) {
  each_family(run);
  say("end");
}
