/* SPDX-License-Identifier: MIT
 * sendmmsg and recvmmsg with several messages, to several targets, with less there than asked for, and with a time-out. */
#include "transcript.h"

enum { COUNT = 8 };

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), even = bound(family, SOCK_DGRAM, "even"), odd = bound(family, SOCK_DGRAM, "odd");
  struct name targets[] = {local_of(even), local_of(odd)};
  struct mmsghdr messages[COUNT] = {0};
  struct iovec parts[COUNT];
  char text_of[COUNT][16], in[COUNT][16];
  struct sockaddr_storage names[COUNT];
  for (int i = 0; i < COUNT; i++) {
    parts[i] = (struct iovec){text_of[i], (size_t)snprintf(text_of[i], sizeof *text_of, "message %d", i)};
    messages[i].msg_hdr =
        (struct msghdr){.msg_name = &targets[i & 1].at, .msg_namelen = targets[i & 1].length, .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  check("sendmmsg", sendmmsg(client, messages, COUNT, 0));
  for (int i = 0; i < COUNT; i++) say("  length %u", messages[i].msg_len);
  int receivers[] = {even, odd};
  for (int r = 0; r < 2; r++) {
    memset(in, 0, sizeof in);
    for (int i = 0; i < COUNT; i++) {
      parts[i] = (struct iovec){in[i], sizeof in[i] - 1};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int got = (int)check("recvmmsg, WAITFORONE", recvmmsg(receivers[r], messages, COUNT, MSG_WAITFORONE, NULL));
    for (int i = 0; i < got; i++) {
      struct name from = {.at = names[i], .length = messages[i].msg_hdr.msg_namelen};
      say("  %u bytes: %s from %s", messages[i].msg_len, in[i], text(&from));
    }
  }
  check("DONTWAIT, nothing there", recvmmsg(even, messages, COUNT, MSG_DONTWAIT, NULL));
  must(sendto(client, "one", 3, 0, sa(&targets[0]), targets[0].length) == 3);
  check("DONTWAIT, one there", recvmmsg(even, messages, COUNT, MSG_DONTWAIT, NULL));
  check("0 messages", recvmmsg(even, messages, 0, 0, NULL));
  check("0 messages to send", sendmmsg(client, messages, 0, 0));
  struct timespec limit = {5, 0};
  must(sendto(client, "one", 3, 0, sa(&targets[0]), targets[0].length) == 3);
  must(sendto(client, "two", 3, 0, sa(&targets[0]), targets[0].length) == 3);
  check("two, with a time limit", recvmmsg(even, messages, 2, 0, &limit));
  say("time is left: %d", limit.tv_sec <= 5);
  limit = (struct timespec){0, -1};
  check("a bad time limit", recvmmsg(even, messages, 2, 0, &limit));
  close(client);
  close(even);
  close(odd);

  struct pair p = stream_pair(family);
  for (int i = 0; i < COUNT; i++) {
    parts[i] = (struct iovec){text_of[i], 9};
    messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
  }
  check("sendmmsg on a stream", sendmmsg(p.client, messages, COUNT, 0));
  for (int i = 0; i < COUNT; i++) parts[i] = (struct iovec){in[i], 12};
  check("recvmmsg on a stream", recvmmsg(p.server, messages, COUNT, MSG_DONTWAIT, NULL));
  for (int i = 0; i < COUNT; i++) say("  %u", messages[i].msg_len);
  close_pair(p);
}

/* More messages than one call takes (UIO_MAXIOV); a queue has room for those of each receiver. */
static void crowd(int family) {
  enum { ALL = 1100, RECEIVERS = 6 };
  static struct mmsghdr messages[ALL];
  static char bytes[ALL];
  static struct iovec parts[ALL];
  int client = bound(family, SOCK_DGRAM, "client"), receivers[RECEIVERS], came = 0, in_order = 1;
  struct name targets[RECEIVERS];
  for (int i = 0; i < RECEIVERS; i++) targets[i] = local_of(receivers[i] = bound(family, SOCK_DGRAM, "receiver"));
  for (int i = 0; i < ALL; i++) {
    bytes[i] = (char)(i / RECEIVERS % 128);
    parts[i] = (struct iovec){&bytes[i], 1};
    struct name *to = &targets[i % RECEIVERS];
    messages[i].msg_hdr = (struct msghdr){.msg_name = &to->at, .msg_namelen = to->length, .msg_iov = &parts[i], .msg_iovlen = 1};
  }
  check("sendmmsg of 1100", sendmmsg(client, messages, ALL, 0));
  for (int r = 0; r < RECEIVERS; r++) {
    for (int i = 0; i < ALL; i++) messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
    int got = (int)check("recvmmsg of 1100", recvmmsg(receivers[r], messages, ALL, MSG_DONTWAIT, NULL));
    for (int i = 0; i < got; i++) in_order = in_order && messages[i].msg_len == 1 && bytes[i] == (char)(i % 128);
    came += got;
    close(receivers[r]);
  }
  say("%d came, in order %d", came, in_order);
  close(client);
}

int main(void) {
  each_family(run);
  each_family(crowd);
  say("end");
}
