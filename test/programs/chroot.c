/* SPDX-License-Identifier: MIT
 * A server that locks itself in a directory: it still binds, connects, accepts and takes its names away, and so does what it forks, also as
 * another user, and after closing all descriptors that it does not know. Who is not root may not do so, which changes no line. */
#include "transcript.h"

#include <grp.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static char directory[] = "/tmp/chroot-XXXXXX";

static void lock_in(bool by_number) {
  bool is_root = geteuid() == 0;
  int result = by_number ? (int)syscall(SYS_chroot, directory) : chroot(directory);
  must(is_root ? result == 0 && chdir("/") == 0 && access("/tmp", F_OK) < 0 : errno == EPERM);
}

/* As daemons do, one by one or all at once, but for those below `from`. */
static void close_others(int from, bool at_once) {
  if (at_once) return closefrom(from);
  for (int fd = from; fd < 2048; fd++) close(fd);
  for (int fd = 512; fd < 520; fd++) must(dup2(STDIN_FILENO, fd) == fd); /* over whatever is there */
}

/* And without the right to make any process or thread, which is how haproxy runs. */
static void become(uid_t user) {
  gid_t group = user;
  if (!user || geteuid() != 0) return;
  must(setrlimit(RLIMIT_NPROC, &(struct rlimit){0, 0}) == 0 && chdir("/inner") == 0);
  must(setgroups(1, &group) == 0 && setgid(user) == 0 && setuid(user) == 0);
}

static int listener_at(int family, struct name *at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("bind", bind(fd, sa(at), at->length));
  check("listen", listen(fd, 8));
  return fd;
}

static void serve(int listener) {
  struct name peer = {.length = sizeof peer.at};
  char bytes[8];
  int fd = accept(listener, sa(&peer), &peer.length);
  must(fd >= 0 && read(fd, bytes, 5) == 5 && write(fd, "world", 5) == 5 && read(fd, bytes, 1) == 0);
  must(close(fd) == 0);
}

static void call(int family, struct name *at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char bytes[8];
  must(connect(fd, sa(at), at->length) == 0 && write(fd, "hello", 5) == 5);
  must(recv(fd, bytes, 5, MSG_WAITALL) == 5 && close(fd) == 0);
}

static void say_call(const char *whom, int family, struct name *at) {
  int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  char bytes[8];
  say("to %s", whom);
  if (check("connect", connect(fd, sa(at), at->length)) == 0) {
    say_peer("connected", fd);
    must(write(fd, "hello", 5) == 5);
    check("answer", recv(fd, bytes, 5, MSG_WAITALL));
  }
  close(fd);
}

static void datagrams(int family, struct name *outside, struct name *nobody) {
  enum { MANY = 100 };
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), own = bound(family, SOCK_DGRAM, "datagrams"), got = 0, number;
  struct name n = local_of(own);
  for (int i = 0; i < MANY; i++) must(sendto(fd, &i, sizeof i, 0, sa(&n), n.length) == sizeof i);
  while (got < MANY && recv(own, &number, sizeof number, 0) == sizeof number && number == got) got++;
  say("datagrams inside: %d", got);
  check("sendto", sendto(fd, "hello", 5, 0, sa(outside), outside->length));
  check("connect", connect(fd, sa(outside), outside->length));
  check("send", send(fd, "again", 5, 0));
  check("connect to nobody", connect(fd, sa(nobody), nobody->length));
  must(send(fd, "x", 1, 0) == 1);
  check("heard", recv(fd, &number, 1, 0));
  close(own), close(fd);
}

/* Two on one address; the second is reached when the first has gone. */
static void share(int family, struct name *at) {
  int fds[2], on = 1;
  for (int i = 0; i < 2; i++) {
    fds[i] = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(setsockopt(fds[i], SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
    check("bind shared", bind(fds[i], sa(at), at->length));
    check("listen shared", listen(fds[i], 8));
  }
  close(fds[0]);
  int client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("connect to the second", connect(client, sa(at), at->length));
  close(client), close(fds[1]);
}

struct ports {
  struct name outside, inside, datagrams, own, shared, nobody;
};

static void fork_inside(int family, struct ports *p, uid_t user) {
  int fd = listener_at(family, &p->own);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    close(fd);
    become(user);
    say_call("the parent", family, &p->own);
    struct name n = any_address(family, 0);
    int own = listener_at(family, &n);
    n = loopback(family, name_port_of(&(struct name){.at = local_of(own).at}));
    say("in use: %s", bind(socket(family, SOCK_STREAM, 0), sa(&n), n.length) < 0 ? strerrorname_np(errno) : "no");
    int client = socket(family, SOCK_STREAM, 0);
    check("connect to itself", connect(client, sa(&n), n.length));
    close(client), close(own);
    say("its directory: %s", user && geteuid() == user && access("marker", F_OK) < 0 ? "another" : "as before");
    exit(0);
  }
  serve(fd);
  say("the child ended with %d", end_of(child));
  close(fd);
}

static void work(int family, struct ports *p, int before, uid_t user) {
  serve(before);
  close(before);
  say("in use: %s", bind(socket(family, SOCK_STREAM, 0), sa(&p->outside), p->outside.length) < 0 ? strerrorname_np(errno) : "no");
  say_call("the outside", family, &p->outside);
  datagrams(family, &p->datagrams, &p->nobody);
  share(family, &p->shared);
  fork_inside(family, p, user);
  listener_at(family, &p->own); /* again, and until the end */
}

static void run_turn(int family, int turn) {
  struct ports p = {.outside = loopback(family, own_port()), .inside = loopback(family, own_port())};
  p.datagrams = loopback(family, own_port()), p.own = loopback(family, own_port());
  p.shared = loopback(family, own_port()), p.nobody = loopback(family, own_port());
  name_port(name_port_of(&p.outside), "outside"), name_port(name_port_of(&p.own), "own");
  int pair[2], inside = listener_at(family, &p.inside), outside = listener_at(family, &p.outside), udp = socket(family, SOCK_DGRAM, 0);
  must(bind(udp, sa(&p.datagrams), p.datagrams.length) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  pid_t server = fork();
  char bytes[8];
  if (server == 0) {
    alarm(20);
    must(dup2(inside, 3) == 3 && dup2(pair[1], 4) == 4);
    lock_in(turn);
    close_others(5, turn);
    work(family, &p, 3, turn ? 65534 : 0);
    must(write(4, "", 1) == 1);
    for (;;) pause();
  }
  close(inside), close(pair[1]);
  call(family, &p.inside);
  serve(outside);
  must(recv(udp, bytes, sizeof bytes, 0) == 5 && recv(udp, bytes, sizeof bytes, 0) == 5 && read(pair[0], bytes, 1) == 1);
  int late = socket(family, SOCK_STREAM, 0);
  check("bind what is had inside", bind(late, sa(&p.own), p.own.length));
  must(kill(server, SIGKILL) == 0);
  say("ended with %d", end_of(server));
  check("bind what was had inside", bind(late, sa(&p.own), p.own.length));
  close(late), close(udp), close(outside), close(pair[0]);
}

static void run(int family) {
  run_turn(family, 0);
  run_turn(family, 1);
}

int main(void) {
  char inner[64], marker[64];
  must(mkdtemp(directory) && chmod(directory, 0755) == 0);
  snprintf(inner, sizeof inner, "%s/inner", directory), snprintf(marker, sizeof marker, "%s/inner/marker", directory);
  must(mkdir(inner, 0755) == 0 && mkdir(marker, 0755) == 0);
  each_family(run);
  must(rmdir(marker) == 0 && rmdir(inner) == 0 && rmdir(directory) == 0);
  say("end");
}
