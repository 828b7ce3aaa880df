/* SPDX-License-Identifier: MIT
 * A program with a seccomp filter of its own, which allows the calls that it makes itself and no others: refused ones end it, or are EPERM. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "transcript.h"

static const int allowed[] = {
    SYS_socket,     SYS_bind,        SYS_listen,     SYS_connect,  SYS_accept4, SYS_accept,     SYS_getsockname,  SYS_getpeername,
    SYS_read,       SYS_write,       SYS_sendto,     SYS_recvfrom, SYS_sendmsg, SYS_recvmsg,    SYS_shutdown,     SYS_close,
    SYS_epoll_ctl,  SYS_epoll_pwait, SYS_exit_group, SYS_dup,      SYS_fcntl,   SYS_setsockopt, SYS_rt_sigreturn,
#ifdef SYS_epoll_wait
    SYS_epoll_wait,
#endif
};
enum { ALLOWED = sizeof allowed / sizeof *allowed };
/* What datagrams and a refused connection natively are: no message, no name asked for, no flags read, no bind of a client. */
static const int few[] = {SYS_socket,     SYS_bind, SYS_sendto, SYS_recvfrom, SYS_connect,
                          SYS_getsockopt, SYS_read, SYS_write,  SYS_close,    SYS_exit_group};
enum { FEW = sizeof few / sizeof *few };

static void restrict_to(const int *calls, int count, unsigned otherwise, bool by_syscall) {
  struct sock_filter filter[2 * ALLOWED + 2] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))};
  int at = 1;
  for (int i = 0; i < count; i++) {
    filter[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)calls[i], 0, 1);
    filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  filter[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
  struct sock_fprog program = {.len = (unsigned short)at, .filter = filter};
  must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  long result =
      by_syscall ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
  must(result == 0);
}

static void streams(int family, int port, int epoll) {
  int server = socket(family, SOCK_STREAM, 0), one = 1;
  struct name n = any_address(family, port);
  must(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0);
  check("bind", bind(server, sa(&n), n.length));
  check("listen", listen(server, 5));
  int second = socket(family, SOCK_STREAM, 0);
  check("bind in use", bind(second, sa(&n), n.length));
  n = loopback(family, 0);
  check("bind port 0", bind(second, sa(&n), n.length));
  check("listen", listen(second, 5));
  n = loopback(family, port);
  int client = socket(family, SOCK_STREAM, 0);
  check("connect", connect(client, sa(&n), n.length));
  struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, server, &event) == 0);
  check("epoll_wait", epoll_wait(epoll, &event, 1, 10000));
  int accepted = check_fd("accept4", accept4(server, NULL, NULL, 0));
  say_local("accepted", accepted);
  int copy = check_fd("F_DUPFD", fcntl(accepted, F_DUPFD_CLOEXEC, 100)), other = check_fd("dup", dup(client));
  check("write", write(other, "bytes", 5));
  check("read", read(copy, (char[8]){0}, 8));
  check("shutdown", shutdown(client, SHUT_WR));
  check("read at the end", read(copy, (char[8]){0}, 8));
  int ends = close(client) + close(other) + close(accepted) + close(copy);
  client = socket(family, SOCK_STREAM, 0);
  check("connect again", connect(client, sa(&n), n.length));
  accepted = check_fd("accept", accept(server, NULL, NULL));
  ends += close(client) + close(accepted) + close(server) + close(second);
  client = socket(family, SOCK_STREAM, 0);
  check("connect to nobody", connect(client, sa(&n), n.length));
  say("closed: %d", ends + close(client));
}

static void datagrams(int family, int port) {
  int server = socket(family, SOCK_DGRAM, 0), client = socket(family, SOCK_DGRAM, 0);
  struct name n = loopback(family, port), from = {.length = sizeof from.at};
  check("bind", bind(server, sa(&n), n.length));
  check("sendto", sendto(client, "bytes", 5, 0, sa(&n), n.length));
  char bytes[8];
  check("recvfrom", recvfrom(server, bytes, sizeof bytes, 0, sa(&from), &from.length));
  name_port(name_port_of(&from), "client");
  say("from %s", text(&from));
  check("connect", connect(server, sa(&from), from.length));
  check("send", send(server, "answer", 6, 0));
  check("recv", recv(client, bytes, sizeof bytes, 0));
  say("closed: %d", close(server) + close(client));
}

static void pass(int family, int pair[2]) {
  int sent = socket(family, SOCK_STREAM, 0), got = -1;
  char byte = 'x', control[CMSG_SPACE(sizeof(int))] = {0};
  struct iovec vector = {&byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &sent, sizeof sent);
  check("sendmsg", sendmsg(pair[0], &message, 0));
  check("recvmsg", recvmsg(pair[1], &message, 0));
  if ((c = CMSG_FIRSTHDR(&message))) memcpy(&got, CMSG_DATA(c), sizeof got);
  say_local("passed", got);
  say("closed: %d", close(sent) + close(got));
}

static void tight(int family, struct name *at, struct name *nobody) {
  enum { MANY = 60 };
  int server = socket(family, SOCK_DGRAM, 0), client = socket(family, SOCK_DGRAM, 0), got = 0, number;
  struct name from = {.length = sizeof from.at};
  check("bind", bind(server, sa(at), at->length));
  for (int i = 0; i < MANY; i++)
    if (sendto(client, &i, sizeof i, 0, sa(at), at->length) != sizeof i) check("sendto", -1);
  while (got < MANY && recvfrom(server, &number, sizeof number, 0, sa(&from), &from.length) == sizeof number && number == got) got++;
  say("a burst of %d", got);
  check("answer", sendto(server, &got, sizeof got, 0, sa(&from), from.length));
  check("recv", recv(client, &number, sizeof number, 0));
  check("read", sendto(server, "more", 4, 0, sa(&from), from.length) + read(client, &number, sizeof number));
  check("connect", connect(client, sa(nobody), nobody->length));
  check("send", send(client, "x", 1, 0));
  check("refused", recv(client, &number, sizeof number, 0));
  say("closed: %d", close(server) + close(client));
  int stream = socket(family, SOCK_STREAM | SOCK_NONBLOCK, 0), error = -1;
  socklen_t length = sizeof error;
  check("connect", connect(stream, sa(nobody), nobody->length));
  check("SO_ERROR", getsockopt(stream, SOL_SOCKET, SO_ERROR, &error, &length));
  say("%s", strerrorname_np(error));
  say("closed: %d", close(stream));
}

static void run_tight(int family) {
  struct name at = loopback(family, own_port()), nobody = loopback(family, own_port());
  for (int i = 0; i < 2; i++) {
    pid_t child = fork();
    if (child == 0) {
      restrict_to(few, FEW, i ? SECCOMP_RET_ERRNO | EPERM : SECCOMP_RET_KILL_PROCESS, i);
      tight(family, &at, &nobody);
      _exit(0);
    }
    say("ended with %d", end_of(child));
  }
}

static void run(int family) {
  static const unsigned actions[] = {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO | EPERM};
  run_tight(family);
  for (int i = 0; i < 4; i++) {
    int port = own_port();
    name_port(port, "server");
    pid_t child = fork();
    if (child == 0) {
      int epoll = epoll_create1(0), pair[2];
      must(epoll >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
      restrict_to(allowed, ALLOWED, actions[i & 1], i & 2);
      streams(family, port, epoll);
      datagrams(family, port);
      pass(family, pair);
      say("its own rules: %s", getuid() == (uid_t)-1 ? "refused" : "allowed");
      _exit(0);
    }
    say("ended with %d", end_of(child));
  }
}

/* Asks the network's name server, as a program that speaks DNS itself: by a datagram, and by a stream. */
static int ask(void) {
  static const uint8_t question[] = {0, 22, 1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1};
  static const int calls[] = {SYS_socket, SYS_sendto, SYS_recvfrom, SYS_connect, SYS_read, SYS_write, SYS_close, SYS_exit_group};
  uint8_t answer[256];
  struct name server = loopback(AF_INET, 53), outside = name_of(AF_INET, "192.0.2.1", 53);
  restrict_to(calls, sizeof calls / sizeof *calls, SECCOMP_RET_KILL_PROCESS, false);
  for (int i = 0; i < 2; i++) {
    struct name *to = i ? &outside : &server;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    must(sendto(fd, question + 2, sizeof question - 2, 0, sa(to), to->length) > 0);
    ssize_t size = recvfrom(fd, answer, sizeof answer, 0, NULL, NULL);
    say("%zd bytes, address %d.%d.%d.%d", size, answer[size - 4], answer[size - 3], answer[size - 2], answer[size - 1]);
    close(fd);
  }
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  check("connect", connect(fd, sa(&server), server.length));
  check("write", write(fd, question, sizeof question));
  check("read", read(fd, answer, sizeof answer));
  close(fd);
  say("end");
  _exit(0);
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "ask") == 0) return ask();
  each_family(run);
  say("end");
}
