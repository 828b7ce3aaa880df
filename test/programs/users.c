/* SPDX-License-Identifier: MIT
 * A server that gives up its rights: as another user it still accepts, connects, binds and takes its names away; root and a third user
 * reach it. Who is not root stays who it is, which changes no line. */
#include "transcript.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static void set_capabilities(unsigned mask) {
  struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{.effective = mask, .permitted = mask}};
  must(syscall(SYS_capset, &head, data) == 0);
}

/* The order of setpriv: the user first, and the groups by a capability that is kept. */
static void become_before_groups(uid_t user) {
  gid_t group = user;
  must(prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(user, user, user) == 0);
  set_capabilities(1u << CAP_SETGID);
  must(setresgid(user, user, user) == 0 && setgroups(1, &group) == 0);
  set_capabilities(0);
}

enum { THIRD = 35 };

static void become(uid_t user) {
  if (geteuid() != 0) return;
  if (user == THIRD) return become_before_groups(user);
  gid_t group = user;
  must(setgroups(1, &group) == 0 && setgid(user) == 0 && setuid(user) == 0);
  gid_t groups[64];
  must(getgroups(0, NULL) == 1 && getgroups(64, groups) == 1 && groups[0] == user);
}

static int serve_at(int family, struct name *at) {
  int fd = socket(family, SOCK_STREAM, 0), on = 1;
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  check("bind", bind(fd, sa(at), at->length));
  check("listen", listen(fd, 8));
  return fd;
}

static void call(const char *who, int family, struct name *at) {
  int fd = socket(family, SOCK_STREAM, 0);
  char bytes[8];
  say("%s calls", who);
  if (check("connect", connect(fd, sa(at), at->length)) == 0) check("answer", recv(fd, bytes, sizeof bytes, MSG_WAITALL));
  close(fd);
}

static void answer(int listener) {
  struct name peer = {.length = sizeof peer.at};
  int fd = accept(listener, sa(&peer), &peer.length);
  must(fd >= 0);
  char byte;
  must(write(fd, "welcome!", 8) == 8 && read(fd, &byte, 1) == 0);
  close(fd);
}

static pid_t as(uid_t user, void (*run)(int family, struct name *at), int family, struct name *at) {
  pid_t child = fork();
  if (child) return child;
  become(user);
  run(family, at);
  exit(0);
}

static void call_root(int family, struct name *at) { call("a third user", family, at); }
static void call_worker(int family, struct name *at) { call("a fourth user", family, at); }

/* What nginx's workers do, and more. */
static int ready[2], go[2];
static void work(int family, struct name *at) {
  char byte;
  struct name own = loopback(family, own_port()), datagrams = own;
  int fd = serve_at(family, &own), udp = socket(family, SOCK_DGRAM, 0);
  check("datagrams: bind", bind(udp, sa(&datagrams), datagrams.length));
  call("the worker", family, at);
  must(write(ready[1], &own, sizeof own) == sizeof own);
  answer(fd); /* root */
  answer(fd); /* another user */
  char bytes[8];
  check("from root", recv(udp, bytes, sizeof bytes, 0));
  must(read(go[0], &byte, 1) == 1);
  close(udp);
  close(fd);
  fd = serve_at(family, &own);
  close(fd);
}

static void run(int family) {
  struct name at = loopback(family, own_port()), workers;
  umask(family == AF_INET ? 022 : 077);
  int fd = serve_at(family, &at);
  pid_t server = fork();
  if (server == 0) {
    become(33);
    for (int i = 0; i < 2; i++) answer(fd); /* the worker, a third user */
    exit(0);
  }
  must(pipe(ready) == 0 && pipe(go) == 0);
  pid_t worker = as(34, work, family, &at);
  must(read(ready[0], &workers, sizeof workers) == sizeof workers);
  say("third user: %d", end_of(as(THIRD, call_root, family, &at)));
  call("root", family, &workers);
  say("fourth user: %d", end_of(as(36, call_worker, family, &workers)));
  int udp = socket(family, SOCK_DGRAM, 0);
  must(sendto(udp, "datagram", 8, 0, sa(&workers), workers.length) == 8);
  must(write(go[1], "", 1) == 1);
  say("worker: %d, server: %d", end_of(worker), end_of(server));
  close(udp);
  close(fd);
  call("root, when nobody listens", family, &at);
}

int main(void) {
  each_family(run);
  say("end");
}
