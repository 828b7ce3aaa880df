/* SPDX-License-Identifier: MIT
 * cc: -lutil
 * Numbers of sockets that libc closes and opens again inside of its own calls (freopen, daemon), and numbers that are used again by every other
 * kind of descriptor: they are what the kernel says, and never the socket that was there. */
#include <linux/close_range.h>
#include <pty.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <utmp.h>

#include "transcript.h"

static void look(const char *what, int fd) {
  char bytes[8] = "";
  struct name n = {.length = sizeof n.at};
  int type;
  socklen_t length = sizeof type;
  say("%s: getsockname %s", what, getsockname(fd, sa(&n), &n.length) < 0 ? strerrorname_np(errno) : text(&n));
  say("%s: SO_TYPE %s", what, getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ? strerrorname_np(errno) : "0");
  check("recv", recv(fd, bytes, 1, MSG_DONTWAIT));
  check("send", send(fd, bytes, 1, MSG_DONTWAIT));
}

static void bytes_through(const char *what, int out, int in) {
  char bytes[16] = "";
  struct iovec vector = {"through it", 10};
  say("%s: write %zd, writev %zd", what, write(out, "through it", 10), writev(out, &vector, 1));
  if (in >= 0) {
    vector.iov_base = bytes;
    say("%s: read %zd, readv %zd, %s", what, read(in, bytes, 10), readv(in, &vector, 1), bytes);
  }
}

/* A socket of the kind at exactly this number. */
static void occupy(int family, int type, int number) {
  int fd = bound(family, type, "old");
  must(dup3(fd, number, 0) == number && close(fd) == 0);
}

static void close_somehow(int way, int number) {
  if (way == 0) must(close(number) == 0);
  if (way == 1) must(close_range((unsigned)number, (unsigned)number, 0) == 0);
  if (way == 2) must(syscall(SYS_close, number) == 0);
  if (way == 3) closefrom(number);
  if (way == 4) must(fclose(fdopen(number, "r+")) == 0);
  if (way == 5) must(syscall(SYS_close_range, number, number, 0) == 0);
}

static void reused(int family, int type) {
  int kinds = 0;
  for (int way = 0; way < 6; way++) {
    for (int kind = 0; kind < 7; kind++, kinds++) {
      int fd = socket(family, type, 0), ends[2] = {-1, -1}, now = -1;
      struct name n = loopback(family, own_port());
      must(bind(fd, sa(&n), n.length) == 0);
      close_somehow(way, fd);
      if (kind == 0) now = pipe2(ends, O_CLOEXEC) < 0 ? -1 : ends[0];
      if (kind == 1) now = memfd_create("x", MFD_CLOEXEC);
      if (kind == 2) now = epoll_create1(0);
      if (kind == 3) now = open("/dev/null", O_RDWR);
      if (kind == 4) now = eventfd(1, 0);
      if (kind == 5) now = timerfd_create(CLOCK_MONOTONIC, 0);
      if (kind == 6) now = socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0 ? -1 : ends[0];
      must(now == fd);
      struct name got = {.length = sizeof got.at};
      int result = getsockname(now, sa(&got), &got.length);
      must(kind == 6 ? result == 0 && got.at.ss_family == AF_UNIX : result < 0 && errno == ENOTSOCK);
      if (kind == 0) must(write(ends[1], "abc", 3) == 3 && read(now, (char[3]){0}, 3) == 3);
      if (kind == 1) must(write(now, (char[5000]){0}, 5000) == 5000);
      if (kind == 3) must(write(now, (char[5000]){0}, 5000) == 5000 && read(now, (char[3]){0}, 3) == 0);
      if (kind == 4) must(read(now, (char[8]){0}, 8) == 8);
      if (kind == 6) must(write(ends[1], "abc", 3) == 3 && read(now, (char[3]){0}, 3) == 3);
      close(now);
      if (ends[1] >= 0) close(ends[1]);
    }
  }
  say("used again %d times", kinds);
}

static void by_libc(int family, int type) {
  /* freopen keeps the number. */
  occupy(family, type, 50);
  FILE *file = fdopen(50, "r+");
  must(freopen("/dev/null", "r+", file) == file);
  say("freopen: the same number %d", fileno(file) == 50);
  look("freopen", 50);
  bytes_through("freopen", 50, -1);
  fclose(file);
  occupy(family, type, 50);
  file = fdopen(50, "r+");
  say("freopen of nothing: %s", freopen("/nonexistent/file", "r", file) ? "opened" : strerrorname_np(errno));
  look("after it", 50);

  /* login_tty puts a terminal on 0, 1 and 2, daemon /dev/null. */
  pid_t child = fork();
  if (child == 0) {
    int master, slave, out = dup3(STDOUT_FILENO, 60, O_CLOEXEC);
    must(out == 60 && openpty(&master, &slave, NULL, NULL, NULL) == 0);
    occupy(family, type, STDIN_FILENO);
    must(login_tty(slave) == 0);
    must(dup2(out, STDOUT_FILENO) == STDOUT_FILENO);
    must(write(STDIN_FILENO, "to the terminal", 15) == 15);
    char bytes[16] = "";
    must(read(master, bytes, 15) == 15);
    say("login_tty: %s", bytes);
    look("login_tty", STDIN_FILENO);
    _exit(0);
  }
  must(end_of(child) == 0);
  int ends[2];
  must(pipe2(ends, O_CLOEXEC) == 0);
  child = fork();
  if (child == 0) {
    must(dup3(STDOUT_FILENO, 60, O_CLOEXEC) == 60);
    occupy(family, type, STDIN_FILENO);
    must(daemon(1, 0) == 0);
    must(dup2(60, STDOUT_FILENO) == STDOUT_FILENO);
    look("daemon", STDIN_FILENO);
    bytes_through("daemon", STDIN_FILENO, -1);
    _exit(0);
  }
  must(end_of(child) == 0);
  close(ends[1]);
  must(read(ends[0], (char[1]){0}, 1) == 0); /* the daemon's end */
  close(ends[0]);
}

static void run(int family) {
  for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
    say(type == SOCK_STREAM ? "stream" : "datagram");
    reused(family, type);
    by_libc(family, type);
  }
}

int main(void) {
  each_family(run);
  say("end");
}
