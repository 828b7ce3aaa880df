/* SPDX-License-Identifier: MIT
 * O_ASYNC: SIGIO, or the signal of F_SETSIG with the descriptor, for connections, bytes, datagrams, the peer's end, and SIGURG. */
#include "transcript.h"

static sigset_t set;

/* The signals that wait: which, for which descriptor, and whether they tell of one of the events. Several of a kind are as good as one. */
static bool heard(int fd, short events, int *number) {
  siginfo_t info;
  struct timespec patience = {.tv_sec = 2}, none = {0};
  bool found = false;
  *number = 0;
  for (int got; (got = sigtimedwait(&set, &info, found ? &none : &patience)) > 0;) {
    bool told = got == SIGIO || got == SIGURG || (info.si_fd == fd && (info.si_band & events));
    if (told) found = true, *number = got;
  }
  return found;
}

static void hears(const char *what, int fd, short events) {
  int number;
  bool found = heard(fd, events, &number);
  say("%s: %s", what, !found ? "nothing" : number == SIGIO ? "SIGIO" : number == SIGURG ? "SIGURG" : "SIGRTMIN");
}

static void quiet(void) {
  struct timespec none = {0};
  while (sigtimedwait(&set, NULL, &none) > 0) continue;
}

static void drive(int fd, int number) {
  must(fcntl(fd, F_SETOWN, getpid()) == 0);
  must(fcntl(fd, F_SETSIG, number) == 0);
  must(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0);
}

static void tell(const char *what, int fd) {
  struct f_owner_ex owner = {0};
  must(fcntl(fd, F_GETOWN_EX, &owner) == 0);
  say("%s: owner %d, signal %s, O_ASYNC %d", what, owner.type == F_OWNER_PID && owner.pid == getpid(),
      fcntl(fd, F_GETSIG) == SIGRTMIN ? "SIGRTMIN"
      : fcntl(fd, F_GETSIG)           ? "another"
                                      : "0",
      (fcntl(fd, F_GETFL) & O_ASYNC) != 0);
}

static void streams(int family, int number) {
  int server = listener(family);
  struct name to = local_of(server);
  char bytes[8];
  drive(server, number);
  tell("listener", server);
  int client = connected_to(server);
  hears("a client", server, POLLIN);
  int accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
  tell("accepted", accepted);
  drive(accepted, number);
  quiet();
  must(send(client, "x", 1, 0) == 1);
  hears("a byte", accepted, POLLIN);
  must(recv(accepted, bytes, 1, 0) == 1 && send(client, "!", 1, MSG_OOB) == 1);
  hears("an urgent one", accepted, POLLPRI | POLLIN);
  must(recv(accepted, bytes, 1, MSG_OOB) == 1);
  must(shutdown(client, SHUT_WR) == 0);
  hears("the end", accepted, POLLIN | POLLHUP);
  must(fcntl(accepted, F_SETFL, 0) == 0);
  close(client);
  close(accepted);

  /* The same descriptor, refused first. */
  int nobody = bound(family, SOCK_STREAM, "nobody");
  struct name refuses = local_of(nobody);
  close(nobody);
  client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  drive(client, number);
  check("refused", connect(client, sa(&refuses), refuses.length));
  tell("refused", client);
  check("connect", connect(client, sa(&to), to.length));
  tell("connected", client);
  accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
  quiet();
  must(send(accepted, "x", 1, 0) == 1);
  hears("a byte back", client, POLLIN);
  must(connect(client, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)) == 0);
  tell("disconnected", client);
  close(accepted);
  quiet();
  must(fcntl(client, F_SETFL, O_NONBLOCK | O_ASYNC) == 0);
  check("connect", connect(client, sa(&to), to.length));
  hears("connected", client, POLLOUT);
  close(client);
  close(server);
}

static void datagrams(int family, int number) {
  struct pair p = datagram_pair(family);
  char bytes[8];
  drive(p.server, number);
  must(send(p.client, "x", 1, 0) == 1);
  hears("a datagram", p.server, POLLIN);
  must(recv(p.server, bytes, 1, 0) == 1);
  must(ioctl(p.server, FIOASYNC, &(int){0}) == 0);
  must(send(p.client, "x", 1, 0) == 1);
  struct timespec none = {0};
  say("without O_ASYNC: %d", sigtimedwait(&set, NULL, &none) > 0);
  must(ioctl(p.server, FIOASYNC, &(int){1}) == 0);
  must(send(p.client, "x", 1, 0) == 1);
  hears("with it again", p.server, POLLIN);
  close_pair(p);
}

static void run(int family) {
  int numbers[] = {0, SIGRTMIN};
  for (int i = 0; i < 2; i++) {
    say(i ? "F_SETSIG" : "SIGIO");
    streams(family, numbers[i]);
    datagrams(family, numbers[i]);
    quiet();
  }
}

int main(void) {
  sigemptyset(&set);
  for (int *number = (int[]){SIGIO, SIGURG, SIGRTMIN, 0}; *number; number++) sigaddset(&set, *number);
  must(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  each_family(run);
  say("end");
}
