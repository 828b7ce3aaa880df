/* SPDX-License-Identifier: MIT
 * kill_anywhere [times]: a process that does all that can be done with sockets is killed again and again, each time somewhere else. Its
 * addresses are free at once, and a process beside it never notices. */
#include <time.h>

#include "passing.h"

enum { KILLS = 100, FIRST_US = 20, RANGE_US = 3000 };

static int stream_port, datagram_port;

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

/* Listens, connects, talks, passes, closes: on the given ports, or any. */
static void turn(int stream, int datagram) {
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
  for (int *fd = (int[]){copy, passed, server, client, listening, sender, udp, -1}; *fd >= 0; fd++) must(close(*fd) == 0);
  transcript_port_count = 0;
}

/* Goes on until `until` is at its end; returns how often it did everything. */
static long beside(int until) {
  struct pollfd end = {.fd = until, .events = POLLIN};
  long turns = 0;
  for (; poll(&end, 1, 0) == 0; turns++) turn(0, 0);
  return turns;
}

int main(int count, char **arguments) {
  int kills = count > 1 ? atoi(arguments[1]) : KILLS;
  alarm(20 + (unsigned)kills / 5);
  stream_port = own_port();
  datagram_port = own_port();
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
      for (;;) turn(stream_port, datagram_port);
    }
    int end = end_of(victim);
    must(end == 1000 + SIGKILL);
    killed++;
    int listening = bound_to(SOCK_STREAM, stream_port), udp = bound_to(SOCK_DGRAM, datagram_port);
    must(close(listening) == 0 && close(udp) == 0);
  }
  close(ends[1]);
  say("%d were killed", killed);
  say("the one beside them ended with %d", end_of(other));
  turn(stream_port, datagram_port);
  say("end");
}
