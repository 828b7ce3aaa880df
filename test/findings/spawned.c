/* SPDX-License-Identifier: MIT
 * A server that starts another program: this one again, as a helper. */
#include "head.h"

static void exec_helper(const char *name) {
  execl("/proc/self/exe", "helper", name, "", NULL);
  must(!"exec");
}

/* As inetd: the program has the connection as its input and output, and should have nothing else. */
static void inherited(void) {
  int server = server_on(80, true), connection = next_client(server);
  if (is_wrong) must(fcntl(server, F_SETFD, 0) == 0);
  if (fork() == 0) {
    must(dup2(connection, STDIN_FILENO) == STDIN_FILENO);
    exec_helper("reading");
  }
  close(connection);
  stay();
}

static void spawn_after_take(int channel) {
  struct received r = receive_descriptors(channel, is_wrong ? 0 : MSG_CMSG_CLOEXEC);
  must(r.count == 1);
  if (fork() == 0) exec_helper("idle");
  take_input(r.fds[0]);
}
/* The worker has the listener of its master, and the program that it starts, too. */
static void spawn_after_accept(int channel) {
  struct received r = receive_descriptors(channel, is_wrong ? 0 : MSG_CMSG_CLOEXEC);
  must(r.count == 1);
  take_input(next_client(r.fds[0]));
  if (fork() == 0) exec_helper("idle");
}
static void unmarked_listener(void) {
  int channel = start_worker(spawn_after_accept), server = server_on(80, true);
  pass(channel, server);
  close(server);
  hear(channel);
  stay();
}
static void unmarked(void) {
  int channel = start_worker(spawn_after_take), connection = next_client(server_on(80, true));
  pass(channel, connection);
  close(connection);
  hear(channel);
  stay();
}

static void reading(void) { take_input(STDIN_FILENO); }
static void idle(void) {}

static const struct job jobs[] = {
    {"inherited", inherited}, {"unmarked", unmarked}, {"unmarked-listener", unmarked_listener}, {"reading", reading}, {"idle", idle}};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
