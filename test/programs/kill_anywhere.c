/* SPDX-License-Identifier: MIT
 * kill_anywhere [times]: a process that does all that can be done with sockets is killed again and again, each time somewhere else. Its
 * addresses are free at once, and a process beside it never notices. */
#include <time.h>

#include "passing.h"

enum { KILLS = 100, FIRST_US = 20, RANGE_US = 5000, DATAGRAMS = 30 };

static int stream_port, datagram_port, shared_port;

/* SIGKILL from a timer of the process itself: also where it holds signals back. */
static void kill_me_in(long us) {
  timer_t timer;
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
  must(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  must(timer_settime(timer, 0, &(struct itimerspec){.it_value = {.tv_nsec = us * 1000}}, NULL) == 0);
}

static int bound_to(int type, int port) {
  int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  must(fd >= 0);
  must(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){type == SOCK_STREAM}, sizeof(int)) == 0);
  struct name n = loopback(AF_INET, port);
  must(bind(fd, sa(&n), n.length) == 0);
  return fd;
}

/* More datagrams than the queue of a unix socket holds, and a multicast group. */
static void crowd(int udp) {
  struct ip_mreq group = {.imr_multiaddr.s_addr = inet_addr("239.1.2.3"), .imr_interface.s_addr = htonl(INADDR_LOOPBACK)};
  struct name to = local_of(udp);
  char bytes[8];
  int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  for (int i = 0; i < DATAGRAMS; i++) must(sendto(sender, &i, sizeof i, 0, sa(&to), to.length) == sizeof i);
  must(setsockopt(udp, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof group) == 0);
  for (int i = 0; i < DATAGRAMS; i++) must(recv(udp, bytes, sizeof bytes, 0) == sizeof i && memcmp(bytes, &i, sizeof i) == 0);
  must(close(sender) == 0);
}

/* Two listeners that share a port: the connection is one's. */
static void share(int port) {
  struct name at = loopback(AF_INET, port);
  struct pollfd listeners[2];
  for (int i = 0; i < 2; i++) {
    listeners[i] = (struct pollfd){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), .events = POLLIN};
    for (int *option = (int[]){SO_REUSEADDR, SO_REUSEPORT, 0}; *option; option++)
      must(setsockopt(listeners[i].fd, SOL_SOCKET, *option, &(int){1}, sizeof(int)) == 0);
    must(bind(listeners[i].fd, sa(&at), at.length) == 0 && listen(listeners[i].fd, 4) == 0);
    at = local_of(listeners[i].fd);
  }
  int client = connected_to(listeners[0].fd);
  must(poll(listeners, 2, -1) == 1);
  int server = accept4(listeners[listeners[0].revents ? 0 : 1].fd, NULL, NULL, SOCK_CLOEXEC);
  must(server >= 0 && close(server) == 0 && close(client) == 0 && close(listeners[0].fd) == 0 && close(listeners[1].fd) == 0);
}

/* Listens, connects, talks, passes, closes: on the given ports, or any. */
static void turn(int stream, int datagram, int shared) {
  char bytes[8];
  int listening = bound_to(SOCK_STREAM, stream), udp = bound_to(SOCK_DGRAM, datagram);
  must(listen(listening, 4) == 0);
  int client = connected_to(listening), server = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  must(server >= 0 && write(client, "stream", 6) == 6);
  int passed = pass_here(server, SOCK_STREAM), copy = dup(client);
  must(read(passed, bytes, sizeof bytes) == 6);
  struct name to = local_of(udp);
  int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  must(sendto(sender, "datagram", 8, 0, sa(&to), to.length) == 8);
  must(recv(udp, bytes, sizeof bytes, 0) == 8);
  crowd(udp);
  for (int *fd = (int[]){copy, passed, server, client, listening, sender, udp, -1}; *fd >= 0; fd++) must(close(*fd) == 0);
  share(shared);
  transcript_port_count = 0;
}

/* Goes on until `until` is at its end; returns how often it did everything. */
static long beside(int until) {
  struct pollfd end = {.fd = until, .events = POLLIN};
  long turns = 0;
  for (; poll(&end, 1, 0) == 0; turns++) turn(0, 0, 0);
  return turns;
}

int main(int count, char **arguments) {
  int kills = count > 1 ? atoi(arguments[1]) : KILLS;
  alarm(20 + (unsigned)kills / 5);
  stream_port = own_port();
  datagram_port = own_port();
  shared_port = own_port();
  int ends[2];
  must(pipe2(ends, O_CLOEXEC) == 0);
  pid_t other = fork();
  if (other == 0) {
    alarm(20 + (unsigned)kills / 5);
    close(ends[1]);
    _exit(beside(ends[0]) > 0 ? 0 : 1);
  }
  close(ends[0]);
  srand(1);
  int killed = 0;
  for (int i = 0; i < kills; i++) {
    long us = FIRST_US + rand() % RANGE_US;
    pid_t victim = fork();
    if (victim == 0) {
      kill_me_in(us);
      for (;;) turn(stream_port, datagram_port, shared_port);
    }
    int end = end_of(victim);
    must(end == 1000 + SIGKILL);
    killed++;
    int listening = bound_to(SOCK_STREAM, stream_port), udp = bound_to(SOCK_DGRAM, datagram_port);
    int shared = bound_to(SOCK_STREAM, shared_port);
    must(close(listening) == 0 && close(udp) == 0 && close(shared) == 0);
  }
  close(ends[1]);
  say("%d were killed", killed);
  say("the one beside them ended with %d", end_of(other));
  turn(stream_port, datagram_port, shared_port);
  say("end");
}
