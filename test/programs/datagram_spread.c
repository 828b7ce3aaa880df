/* SPDX-License-Identifier: MIT
 * SO_REUSEPORT of datagram sockets: all that one peer sends goes to one socket, and many peers keep several sockets busy; in one process and
 * in several, also after one of them has gone. */
#include "transcript.h"

enum { SOCKETS = 4, PEERS = 48, FEW = 10 };

static int on = 1;

static int member(int family, const char *address, int port) {
  int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  must(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
  struct name at = name_of(family, address, port);
  must(bind(fd, sa(&at), at.length) == 0);
  return fd;
}

/* Which socket heard each peer: its number + 1, 0 for none, -1 for several. */
struct heard {
  int by[PEERS], count, peers;
};

static void hear(struct heard *h, int fd, int number) {
  char byte;
  while (recv(fd, &byte, 1, MSG_DONTWAIT) == 1) {
    must(byte >= 0 && byte < PEERS);
    int *by = &h->by[(int)byte];
    *by = *by == 0 || *by == number + 1 ? number + 1 : -1;
    h->count++;
  }
}

static void tell(const char *what, const struct heard *h) {
  int torn = 0, deaf = 0, busy[SOCKETS] = {0}, used = 0;
  for (int i = 0; i < h->peers; i++) {
    torn += h->by[i] < 0;
    deaf += h->by[i] == 0;
    if (h->by[i] > 0) busy[h->by[i] - 1] = 1;
  }
  for (int i = 0; i < SOCKETS; i++) used += busy[i];
  say("%s: %d came, %d peers heard by several, %d by none, several busy %d", what, h->count, torn, deaf, used > 1);
}

static void make_peers(int family, int *peers, int count, struct name *to) {
  for (int i = 0; i < count; i++) {
    peers[i] = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct name at = loopback(family, 0);
    must(peers[i] >= 0 && bind(peers[i], sa(&at), at.length) == 0);
    if (to) must(connect(peers[i], sa(to), to->length) == 0);
  }
}

static void send_all(const int *peers, int count, struct name *to) {
  for (char i = 0; i < count; i++) must((to ? sendto(peers[(int)i], &i, 1, 0, sa(to), to->length) : send(peers[(int)i], &i, 1, 0)) == 1);
}

static void close_all(const int *fds, int count) {
  for (int i = 0; i < count; i++) must(close(fds[i]) == 0);
}

static void within(int family, const char *address, bool connected) {
  int fds[SOCKETS], peers[PEERS], port = own_port();
  for (int i = 0; i < SOCKETS; i++) fds[i] = member(family, address, port);
  struct name to = loopback(family, port);
  make_peers(family, peers, PEERS, connected ? &to : NULL);
  struct heard h = {.peers = PEERS};
  for (int turn = 0; turn < 6; turn++) {
    send_all(peers, PEERS, connected ? NULL : &to);
    if (turn % 2 == 0) continue;
    for (int i = 0; i < SOCKETS; i++) hear(&h, fds[i], i);
  }
  tell("all", &h);
  must(close(fds[1]) == 0 && close(fds[3]) == 0);
  for (int i = 0; connected && i < PEERS; i++) must(connect(peers[i], sa(&to), to.length) == 0);
  h = (struct heard){.peers = PEERS};
  send_all(peers, PEERS, connected ? NULL : &to);
  hear(&h, fds[0], 0), hear(&h, fds[2], 2);
  tell("two left", &h);
  must(connect(fds[0], sa(&(struct name){.at = local_of(peers[7]).at}), local_of(peers[7]).length) == 0);
  h = (struct heard){.peers = PEERS};
  send_all(peers, PEERS, &to);
  hear(&h, fds[0], 0);
  say("one is connected to a peer: %d came, of that peer %d", h.count, h.by[7] == 1);
  hear(&h, fds[2], 2);
  tell("and both", &h);
  must(close(fds[0]) == 0 && close(fds[2]) == 0);
  close_all(peers, PEERS);
}

/* Each socket in a process of its own, which tells what it heard, and is killed. */
struct child {
  pid_t pid;
  int ask, answer;
};

static struct child start(int family, int port, int number) {
  int down[2], up[2];
  must(pipe2(down, O_CLOEXEC) == 0 && pipe2(up, O_CLOEXEC) == 0);
  struct child c = {.pid = fork(), .ask = down[1], .answer = up[0]};
  if (c.pid == 0) {
    int fd = member(family, family == AF_INET ? "127.0.0.1" : "::1", port);
    char byte = 0;
    do {
      struct heard h = {0};
      if (byte == 'h') hear(&h, fd, number);
      must(write(up[1], &h, sizeof h) == sizeof h);
    } while (read(down[0], &byte, 1) == 1 && byte != 'q');
    exit(0);
  }
  close(down[0]);
  close(up[1]);
  struct heard ready;
  must(read_all(c.answer, &ready, sizeof ready) == sizeof ready);
  return c;
}

static void add(struct heard *h, struct child *c) {
  struct heard one;
  must(write(c->ask, "h", 1) == 1 && read_all(c->answer, &one, sizeof one) == sizeof one);
  h->count += one.count;
  for (int i = 0; i < PEERS; i++)
    if (one.by[i]) h->by[i] = h->by[i] ? -1 : one.by[i];
}

static void between(int family) {
  struct child children[SOCKETS];
  int peers[PEERS], port = own_port();
  for (int i = 0; i < SOCKETS; i++) children[i] = start(family, port, i);
  struct name to = loopback(family, port);
  make_peers(family, peers, FEW, NULL);
  struct heard h = {.peers = FEW};
  send_all(peers, FEW, &to);
  for (int i = 0; i < SOCKETS; i++) add(&h, &children[i]);
  tell("in processes", &h);
  must(kill(children[3].pid, SIGKILL) == 0);
  say("one is killed: %d", end_of(children[3].pid) == 1000 + SIGKILL);
  h = (struct heard){.peers = FEW};
  send_all(peers, FEW, &to);
  for (int i = 0; i < 3; i++) add(&h, &children[i]);
  tell("the others", &h);
  for (int i = 0; i < SOCKETS; i++) {
    if (i < 3) must(write(children[i].ask, "q", 1) == 1 && end_of(children[i].pid) == 0);
    close(children[i].ask);
    close(children[i].answer);
  }
  close_all(peers, FEW);
}

static void run(int family) {
  within(family, family == AF_INET ? "127.0.0.1" : "::1", false);
  within(family, family == AF_INET ? "0.0.0.0" : "::", false);
  within(family, family == AF_INET ? "127.0.0.1" : "::1", true);
  between(family);
}

int main(void) {
  each_family(run);
  say("end");
}
