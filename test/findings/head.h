/* SPDX-License-Identifier: MIT
 * What the programs here share. Each is run as `program <job> wrong` or `program <job> right`: the same work with a defect, and without. */
#ifndef HEAD_H
#define HEAD_H

#include "../programs/passing.h"

static bool is_wrong;

/* Its work is done; it holds what it holds until the test is over. */
static UNUSED _Noreturn void stay(void) {
  for (;;) pause();
}
static UNUSED _Noreturn void ready(void) {
  say("ready");
  stay();
}

/* As ready, for a process that is not to live on. */
static UNUSED _Noreturn void ready_and_end(void) {
  say("ready");
  exit(0);
}

static UNUSED int server_on(int port, bool is_listening) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct name any = any_address(AF_INET, port);
  must(fd >= 0 && bind(fd, sa(&any), any.length) == 0);
  must(!is_listening || listen(fd, 16) == 0);
  return fd;
}
static UNUSED int next_client(int server) {
  int fd = accept4(server, NULL, NULL, SOCK_CLOEXEC);
  must(fd >= 0);
  return fd;
}
/* What a client says is longer. */
static UNUSED void take_input(int connection) {
  char input[4];
  must(read(connection, input, sizeof input) >= 0);
}

static UNUSED void tell(int channel) { must(send(channel, "d", 1, 0) == 1); }
static UNUSED void hear(int channel) {
  char word;
  must(recv(channel, &word, 1, 0) == 1);
}
static UNUSED void pass(int channel, int fd) { must(send_descriptors(channel, &fd, 1, 0) == 1); }
static UNUSED int take(int channel) {
  struct received r = receive_descriptors(channel, MSG_CMSG_CLOEXEC);
  must(r.count == 1);
  return r.fds[0];
}

/* A forked worker; returns the channel on which it tells when `work` is done. */
static UNUSED int start_worker(void (*work)(int channel)) {
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  pid_t worker = fork();
  must(worker >= 0);
  if (worker > 0) {
    close(c.to);
    return c.from;
  }
  close(c.from);
  work(c.to);
  tell(c.to);
  stay();
}

struct job {
  const char *name;
  void (*run)(void);
};
static UNUSED int run_job(const struct job *jobs, char **arguments) {
  is_wrong = !strcmp(arguments[2], "wrong");
  while (strcmp(jobs->name, arguments[1])) jobs++;
  jobs->run();
  ready();
}

#endif
