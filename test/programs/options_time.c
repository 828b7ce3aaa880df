/* SPDX-License-Identifier: MIT
 * SO_RCVTIMEO and SO_SNDTIMEO: what may be set, what is read back, which calls end with EAGAIN and after which time, and with how much. */
#include <sys/time.h>
#include <time.h>

#include "transcript.h"

static const struct timeval limit = {0, 60000};

static long milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static long started;
static void begin(void) { started = milliseconds(); }
static void took(const char *what, long result) {
  long time = milliseconds() - started;
  check(what, result);
  say("  waited: %d", time >= 50 && time < 5000);
}

static void values(int fd, int number, const char *name) {
  static const struct timeval all[] = {{0, 0}, {1, 500000}, {0, 1}, {-1, 0}, {-5, 999999}, {0, 1000000}, {0, -1}, {1L << 40, 0}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    struct timeval back = {7, 7};
    socklen_t length = sizeof back;
    check(name, setsockopt(fd, SOL_SOCKET, number, &all[i], sizeof all[i]));
    must(getsockopt(fd, SOL_SOCKET, number, &back, &length) == 0);
    say("  %ld %ld, %u bytes", (long)back.tv_sec, (long)back.tv_usec, length);
  }
}

static void run(int family) {
  char bytes[4096] = "";
  int fresh = socket(family, SOCK_STREAM, 0);
  values(fresh, SO_RCVTIMEO, "SO_RCVTIMEO");
  values(fresh, SO_SNDTIMEO, "SO_SNDTIMEO");
  close(fresh);

  int server = listener(family);
  must(setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  begin();
  took("accept", accept(server, NULL, NULL));
  begin();
  took("accept4", accept4(server, NULL, NULL, SOCK_NONBLOCK));
  must(setsockopt(server, SOL_SOCKET, SO_RCVBUF, &(int){16384}, sizeof(int)) == 0);
  int client = connected_to(server), accepted = accept(server, NULL, NULL);
  must(setsockopt(client, SOL_SOCKET, SO_SNDBUF, &(int){16384}, sizeof(int)) == 0);
  begin();
  took("recv of what it accepted", recv(accepted, bytes, sizeof bytes, 0));
  must(setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  must(setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0);
  begin();
  took("recv", recv(client, bytes, sizeof bytes, 0));
  begin();
  took("read", read(client, bytes, sizeof bytes));
  begin();
  took("recvmsg", recvmsg(client, &(struct msghdr){.msg_iov = &(struct iovec){bytes, 8}, .msg_iovlen = 1}, 0));
  begin();
  took("recvfrom", recvfrom(client, bytes, 8, MSG_PEEK, NULL, NULL));
  begin();
  took("discard", recv(client, NULL, 8, MSG_TRUNC));
  must(send(accepted, "123", 3, 0) == 3);
  begin();
  took("MSG_WAITALL, 3 of 8", recv(client, bytes, 8, MSG_WAITALL));
  must(send(accepted, "123", 3, 0) == 3);
  wait_for(client, POLLIN);
  must(setsockopt(client, SOL_SOCKET, SO_RCVLOWAT, &(int){5}, sizeof(int)) == 0);
  begin();
  took("SO_RCVLOWAT 5, 3 there", recv(client, bytes, 8, 0));
  must(setsockopt(client, SOL_SOCKET, SO_RCVLOWAT, &(int){1}, sizeof(int)) == 0);
  check("poll has no limit", poll(&(struct pollfd){.fd = client, .events = POLLIN}, 1, 0));
  /* Room comes back in pieces: each call until it has waited. */
  static const char *const calls[] = {"send", "write", "writev", "MSG_DONTWAIT does not wait"};
  for (int i = 0; i < 4; i++) {
    long result;
    do {
      begin();
      result = i == 0   ? send(client, bytes, sizeof bytes, 0)
               : i == 1 ? write(client, bytes, sizeof bytes)
               : i == 2 ? writev(client, &(struct iovec){bytes, sizeof bytes}, 1)
                        : send(client, bytes, sizeof bytes, MSG_DONTWAIT);
    } while (result > 0);
    took(calls[i], result);
  }
  close(client);
  close(accepted);
  close(server);

  int udp = bound(family, SOCK_DGRAM, "udp");
  must(setsockopt(udp, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
  begin();
  took("UDP recvfrom", recvfrom(udp, bytes, sizeof bytes, 0, NULL, NULL));
  begin();
  took("UDP read", read(udp, bytes, sizeof bytes));
  begin();
  took("UDP recvmmsg", recvmmsg(udp, &(struct mmsghdr){.msg_hdr = {.msg_iov = &(struct iovec){bytes, 8}, .msg_iovlen = 1}}, 1, 0, NULL));
  close(udp);
}

int main(void) {
  each_family(run);
  say("end");
}
