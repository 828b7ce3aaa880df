/* SPDX-License-Identifier: MIT
 * Who has a name: an owner that is stopped has it like one that runs, one that was killed while it was stopped has not; a child keeps it for as
 * long as it lives, stopped or not. Ports of bindresvport, each another one. */
#include "transcript.h"

static const char *attempt(int family, int type, struct name at, int reuse) {
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) == 0);
  const char *result = bind(fd, sa(&at), at.length) < 0 ? strerrorname_np(errno) : "0";
  close(fd);
  return result;
}

static void say_owner(const char *what, int family, int type, struct name at) {
  const char *plain = attempt(family, type, at, 0), *reuse = attempt(family, type, at, 1);
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  const char *reached = "not asked";
  if (type == SOCK_STREAM) reached = connect(fd, sa(&at), at.length) < 0 ? strerrorname_np(errno) : "0";
  close(fd);
  say("%s: bind %s, with SO_REUSEADDR %s, connect %s", what, plain, reuse, reached);
}

static void own(int family, int type, struct name at, int ready) {
  int fd = socket(family, type, 0);
  if (bind(fd, sa(&at), at.length) < 0 || (type == SOCK_STREAM && listen(fd, 64) < 0)) _exit(1);
  if (ready >= 0) (void)!write(ready, "r", 1);
  for (;;) pause();
}

static void stop(pid_t child) {
  int status;
  must(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
}

static void run(int family, int type) {
  struct name at = loopback(family, own_port());
  int ready[2];
  char byte;
  must(pipe(ready) == 0);
  pid_t child = fork();
  if (child == 0) own(family, type, at, ready[1]);
  must(read(ready[0], &byte, 1) == 1);
  say_owner("it runs", family, type, at);
  stop(child);
  say_owner("it is stopped", family, type, at);
  must(kill(child, SIGCONT) == 0);
  say_owner("it goes on", family, type, at);
  stop(child);
  must(kill(child, SIGKILL) == 0 && end_of(child) == 1000 + SIGKILL);
  say_owner("it was killed while it was stopped", family, type, at);

  int fd = socket(family, type, 0);
  must(bind(fd, sa(&at), at.length) == 0 && (type != SOCK_STREAM || listen(fd, 64) == 0));
  child = fork();
  if (child == 0)
    for (;;) pause();
  stop(child);
  close(fd);
  say_owner("only a stopped child has it", family, type, at);
  must(kill(child, SIGKILL) == 0 && end_of(child) == 1000 + SIGKILL);
  say_owner("nobody has it", family, type, at);
  close(ready[0]);
  close(ready[1]);
}

/* As root; who is not has no reserved ports on the kernel. */
static void reserved(void) {
  if (geteuid() != 0) return;
  int fds[8], different = 1, in_range = 1;
  struct name names[8];
  for (int i = 0; i < 8; i++) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    fds[i] = socket(AF_INET, i & 1 ? SOCK_DGRAM : SOCK_STREAM, 0);
    must(bindresvport(fds[i], &in) == 0);
    names[i] = local_of(fds[i]);
    int port = name_port_of(&names[i]);
    in_range = in_range && port >= 512 && port < 1024 && ntohs(in.sin_port) == port;
    for (int j = i & 1; j < i; j += 2) different = different && name_port_of(&names[j]) != port;
  }
  say("reserved ports: of the range %d, all different %d", in_range, different);
  check("a second time", bindresvport(fds[0], NULL));
  struct sockaddr_in wrong = {.sin_family = AF_INET6};
  check("another family", bindresvport(fds[1], &wrong));
  for (int i = 0; i < 8; i++) close(fds[i]);
}

int main(void) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM}, families[] = {AF_INET, AF_INET6};
  for (int f = 0; f < 2; f++)
    for (int t = 0; t < 2; t++) {
      say("IPv%d, %s", f ? 6 : 4, t ? "datagrams" : "streams");
      run(families[f], types[t]);
    }
  reserved();
  say("end");
}
