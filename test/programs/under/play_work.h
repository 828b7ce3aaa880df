/* SPDX-License-Identifier: MIT
 * One process of a played program: it does what it is told, and answers with what the call said. */
#ifndef PLAY_WORK_H
#define PLAY_WORK_H

#include "play_calls.h"

_Noreturn static void work(int process);
static void do_fork(const int n[4]) {
  mark_shared();
  int pid = fork();
  must(pid >= 0);
  if (pid == 0) {
    self = n[0];
    int own = getpid();
    must(send(worker_end(self), &own, sizeof own, 0) == sizeof own);
    answer_length = 0;
    work(self);
  }
  answer(" %d", n[0]);
}
static void do_exec(const int n[4]) {
  (void)n;
  char numbers[SLOTS + 1][12], *arguments[SLOTS + 4] = {(char *)(uintptr_t) "play", (char *)(uintptr_t) "worker", numbers[SLOTS]};
  snprintf(numbers[SLOTS], sizeof numbers[SLOTS], "%d", self);
  for (int i = 0; i < SLOTS; i++) {
    snprintf(numbers[i], sizeof numbers[i], "%d", slots[i].fd);
    arguments[3 + i] = numbers[i];
  }
  execv("/proc/self/exe", arguments);
  result(-1);
}
static void do_exit(const int n[4]) { exit(n[0] & 1); }
/* Between two programs. */
static void do_reset(const int n[4]) {
  (void)n;
  alarm(60);
  for (int i = 0; i < SLOTS; i++) {
    if (slots[i].fd >= 0) must(close(slots[i].fd) == 0);
    slots[i].fd = -1;
  }
}

static const struct verb {
  const char *name;
  void (*run)(const int n[4]);
  int port; /* which of its numbers is a port, -1: none */
} verbs[] = {{"socket", do_socket, -1}, {"bind", do_bind, 2},     {"listen", do_listen, -1},   {"connect", do_connect, 2},
             {"server", do_server, 2},  {"client", do_client, 2}, {"accept", do_accept, -1},   {"send", do_send, -1},
             {"write", do_write, -1},   {"sendto", do_sendto, 2}, {"recv", do_recv, -1},       {"dup", do_dup, -1},
             {"close", do_close, -1},   {"pass", do_pass, -1},    {"take", do_take, -1},       {"shutdown", do_shutdown, -1},
             {"names", do_names, -1},   {"poll", do_poll, -1},    {"options", do_options, -1}, {"unconnect", do_unconnect, -1},
             {"fork", do_fork, -1},     {"exec", do_exec, -1},    {"exit", do_exit, -1},       {"reset", do_reset, -1}};

static const struct verb *verb_of(const char *name) {
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (strcmp(verbs[i].name, name) == 0) return &verbs[i];
  return NULL;
}
static int port_argument(const char *name) {
  const struct verb *verb = verb_of(name);
  must(verb);
  return verb->port;
}

_Noreturn static void serve(void) {
  for (;;) {
    char command[96], name[16];
    int n[4];
    ssize_t length = recv(worker_end(self), command, sizeof command - 1, 0);
    must(length > 0);
    command[length] = 0;
    must(sscanf(command, "%15s %d %d %d %d", name, &n[0], &n[1], &n[2], &n[3]) == 5);
    answer_length = 0;
    answer_text[0] = 0;
    verb_of(name)->run(n);
    must(send(worker_end(self), answer_text, (size_t)answer_length, 0) == answer_length);
  }
}
static void work(int process) {
  if (process < 4)
    for (int i = 0; i < SLOTS; i++) slots[i].fd = -1;
  self = process;
  alarm(60);
  signal(SIGPIPE, SIG_IGN);
  serve();
}
/* A worker after its exec: what it still has is what had no close-on-exec. */
static int work_on(char **numbers) {
  self = atoi(numbers[0]);
  answer(" again");
  for (int i = 0; i < SLOTS; i++) {
    slots[i] = (struct slot){.fd = numbers[1 + i] ? atoi(numbers[1 + i]) : -1};
    if (slots[i].fd < 0 || fcntl(slots[i].fd, F_GETFD) < 0) {
      slots[i].fd = -1;
      continue;
    }
    keep(&slots[i], slots[i].fd);
    answer_names(slots[i].fd);
  }
  must(send(worker_end(self), answer_text, (size_t)answer_length, 0) == answer_length);
  signal(SIGPIPE, SIG_IGN);
  serve();
}

#endif
