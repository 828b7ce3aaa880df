/* SPDX-License-Identifier: MIT
 * What the planted races share. Each fails in one order of its hand-overs only, and its timing hides that order: `work` is what a program does
 * meanwhile. A race shows as a broken rule, or as an exit status of its own. */
#ifndef RACE_H
#define RACE_H

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int reports[2], children;
static pid_t pids[8];

/* A child's last word: it stays, with what it holds, until its parent has heard all. */
static inline void done(int status) {
  char byte = (char)status;
  if (write(reports[1], &byte, 1) != 1) exit(2);
  for (;;) pause();
}

/* As fork; the parent hears of the child by wait_for_all. */
static inline int make_child(void) {
  if (!children && pipe(reports) < 0) exit(2);
  pid_t child = fork();
  if (child < 0) exit(2);
  if (child) pids[children++] = child;
  return !child;
}

/* 0 when all children were done with 0. */
static inline int wait_for_all(void) {
  char byte, failed = 0;
  for (int i = 0; i < children && read(reports[0], &byte, 1) == 1; i++) failed |= byte;
  for (int i = 0; i < children; i++) kill(pids[i], SIGKILL);
  while (wait(NULL) > 0) continue;
  return failed;
}

/* Words that parent and children share. */
static inline volatile int *shared(void) { return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }

static inline void work(int ms) {
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  do clock_gettime(CLOCK_MONOTONIC, &now);
  while ((now.tv_sec - start.tv_sec) * 1000000000L + now.tv_nsec - start.tv_nsec < ms * 1000000L);
}

static inline void check(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(2);
}

static inline int listener(struct sockaddr_in *name) {
  socklen_t length = sizeof *name;
  *name = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  check(bind(fd, (struct sockaddr *)name, sizeof *name) == 0 && listen(fd, 8) == 0, "listen");
  getsockname(fd, (struct sockaddr *)name, &length);
  return fd;
}

static inline int client(const struct sockaddr_in *name) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  check(connect(fd, (const struct sockaddr *)name, sizeof *name) == 0, "connect");
  check(write(fd, "requests", 8) == 8, "write");
  return fd;
}

/* An accepted connection, on which requests wait; its peer stays with this process. */
static inline int connection(void) {
  struct sockaddr_in name;
  int from = listener(&name);
  client(&name);
  int fd = accept(from, NULL, NULL);
  check(fd >= 0, "accept");
  close(from);
  return fd;
}

static inline void take(int fd) {
  char byte;
  check(read(fd, &byte, 1) == 1, "read");
}

/* 0, or -1 when nobody can receive it. */
static inline int send_fd(int channel, int fd) {
  char byte = 'x', room[CMSG_SPACE(sizeof fd)] = {0};
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
  memcpy(CMSG_DATA(head), &fd, sizeof fd);
  return sendmsg(channel, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* -1: nothing came. */
static inline int receive_fd(int channel, int flags) {
  int fd;
  char byte, room[CMSG_SPACE(sizeof fd)];
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = room, .msg_controllen = sizeof room};
  if (recvmsg(channel, &message, flags) != 1 || !CMSG_FIRSTHDR(&message)) return -1;
  memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

/* A child that runs `body` with its end of a channel; returns the other end. */
static inline int worker(void (*body)(int channel)) {
  int pair[2];
  check(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0, "socketpair");
  if (!make_child()) {
    close(pair[1]);
    return pair[0];
  }
  close(pair[0]);
  body(pair[1]);
  done(0);
  return -1;
}

static inline int has_answer(int channel, int flags) {
  char byte;
  return recv(channel, &byte, 1, flags) == 1;
}

#endif
