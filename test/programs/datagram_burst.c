/* SPDX-License-Identifier: MIT
 * A hundred datagrams before anybody reads one: all of them are kept, in order, each with its sender, and poll tells of each. */
#include "transcript.h"

enum { COUNT = 100 };

static void put(int fd, int number, struct name *to, size_t size) {
  char bytes[2048] = "";
  int length = snprintf(bytes, sizeof bytes, "%d", number);
  size_t whole = size ? size : (size_t)length;
  long sent = to ? sendto(fd, bytes, whole, 0, sa(to), to->length) : send(fd, bytes, whole, 0);
  if (sent != (long)whole) say("number %d: %s", number, strerrorname_np(errno));
}

/* Reads what is there, as a loop over poll does. */
static void take_all(const char *what, int fd, int senders) {
  int next[2] = {0, 0}, got = 0, wrong = 0, strangers = 0;
  struct pollfd waiting = {.fd = fd, .events = POLLIN};
  while (poll(&waiting, 1, 0) == 1) {
    char bytes[2048] = "";
    struct name from = {.length = sizeof from.at};
    long length = recvfrom(fd, bytes, sizeof bytes - 1, MSG_DONTWAIT, sa(&from), &from.length);
    if (length < 0) break;
    got++;
    const char *sender = port_name(name_port_of(&from));
    int which = senders == 2 && strcmp(sender, "second") == 0;
    strangers += strcmp(sender, which ? "second" : "first") != 0;
    wrong += atoi(bytes) != next[which]++;
  }
  say("%s: got %d, out of order %d, of strangers %d", what, got, wrong, strangers);
}

static void run(int family) {
  int server = bound(family, SOCK_DGRAM, "server"), first = bound(family, SOCK_DGRAM, "first"),
      second = bound(family, SOCK_DGRAM, "second");
  struct name to = local_of(server), own = local_of(first);
  for (int i = 0; i < COUNT; i++) put(first, i, &to, 20);
  take_all("from one sender", server, 1);
  for (int i = 0; i < COUNT; i++) put(i & 1 ? first : second, i / 2, &to, 0);
  take_all("from two in turn", server, 2);
  for (int i = 0; i < 80; i++) put(first, i, &to, 1200);
  take_all("larger ones", server, 1);
  for (int i = 0; i < COUNT; i++) put(first, i, &own, 20);
  take_all("to itself", first, 1);

  must(fcntl(first, F_SETFL, O_NONBLOCK) == 0);
  for (int i = 0; i < COUNT; i++) put(first, i, &to, 20);
  char byte;
  check("peek", recv(server, &byte, 1, MSG_PEEK));
  take_all("without blocking", server, 1);
  must(connect(first, sa(&to), to.length) == 0);
  for (int i = 0; i < COUNT; i++) put(first, i, NULL, 20);
  take_all("from a connected one", server, 1);
  must(connect(second, sa(&to), to.length) == 0);
  for (int i = 0; i < COUNT; i++) put(first, i, NULL, 20);
  must(connect(server, sa(&own), own.length) == 0);
  for (int i = 0; i < 10; i++) send(second, "stranger", 8, 0);
  take_all("the receiver connects meanwhile", server, 1);
  for (int i = 0; i < COUNT; i++) put(first, i, NULL, 20);
  take_all("both are connected", server, 1);
  for (int i = 0; i < COUNT; i++) send(first, "", 0, 0);
  int empty = 0;
  while (recv(server, &byte, 1, MSG_DONTWAIT) == 0) empty++;
  say("empty ones: %d", empty);

  for (int i = 0; i < COUNT; i++) put(first, i, NULL, 20);
  struct mmsghdr messages[COUNT] = {0};
  struct iovec parts[COUNT];
  char in[COUNT][32];
  for (int i = 0; i < COUNT; i++) {
    parts[i] = (struct iovec){in[i], sizeof in[i]};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  check("recvmmsg", recvmmsg(server, messages, COUNT, MSG_WAITFORONE, NULL));
  say("the last is %s", in[COUNT - 1]);
  for (int i = 0; i < COUNT; i++) messages[i].msg_hdr.msg_iov->iov_len = 20;
  check("sendmmsg", sendmmsg(first, messages, COUNT, 0));
  close(server);
  close(first);
  close(second);
}

/* From another process, which has ended by the time the first one is read. */
static void between_processes(int family) {
  int server = bound(family, SOCK_DGRAM, "server"), first = bound(family, SOCK_DGRAM, "first");
  struct name to = local_of(server);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < COUNT; i++) put(first, i, &to, 20);
    exit(0);
  }
  must(end_of(child) == 0);
  take_all("from a child", server, 1);
  /* A reader that sleeps now and then, while they come. It is never two hundred behind: more do not fit the kernel's queue. */
  int done[2];
  must(pipe(done) == 0);
  child = fork();
  if (child == 0) {
    char byte;
    for (int i = 1; i <= 10 * COUNT; i++) {
      must(recv(server, &byte, 1, 0) == 1);
      if (i % COUNT == 0) must(write(done[1], "d", 1) == 1);
    }
    exit(0);
  }
  for (int i = 0; i < 10 * COUNT; i++) {
    char byte;
    if (i >= 2 * COUNT && i % COUNT == 0) must(read(done[0], &byte, 1) == 1);
    put(first, i, &to, 20);
  }
  say("a child reads all: %d", end_of(child) == 0);
  close(done[0]);
  close(done[1]);
  close(server);
  close(first);
}

int main(void) {
  each_family(run);
  each_family(between_processes);
  say("end");
}
