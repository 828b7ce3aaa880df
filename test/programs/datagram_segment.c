/* SPDX-License-Identifier: MIT
 * UDP_SEGMENT, by option and by message: one send becomes several datagrams of one size and a rest. */
#include <netinet/udp.h>

#include "transcript.h"

static char big[70000], in[70000];

static long put(int fd, size_t size, int segment, struct name *to, size_t parts) {
  union {
    struct cmsghdr head;
    char bytes[CMSG_SPACE(sizeof(uint16_t))];
  } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(uint16_t)), .cmsg_level = IPPROTO_UDP, .cmsg_type = UDP_SEGMENT}};
  uint16_t value = (uint16_t)segment;
  memcpy(CMSG_DATA(&control.head), &value, sizeof value);
  struct iovec vector[100];
  for (size_t i = 0; i < parts; i++) vector[i] = (struct iovec){big + size * i / parts, size * (i + 1) / parts - size * i / parts};
  struct msghdr message = {.msg_iov = vector, .msg_iovlen = parts};
  if (to) message.msg_name = &to->at, message.msg_namelen = to->length;
  if (segment >= 0) message.msg_control = &control, message.msg_controllen = sizeof control;
  return sendmsg(fd, &message, 0);
}

/* How many came, and how large they were. */
static void hear(int fd) {
  size_t at = 0, first = 0, last = 0, count = 0;
  bool same = true;
  for (long got; (got = recv(fd, in, sizeof in, MSG_DONTWAIT)) >= 0; count++) {
    same = same && memcmp(in, big + at, (size_t)got) == 0;
    if (!count) first = (size_t)got;
    last = (size_t)got;
    at += (size_t)got;
  }
  say("  %zu datagrams, the first of %zu, the last of %zu, %zu in all, same %d", count, first, last, at, same);
}

static void try(int client, int server, size_t size, int segment, struct name *to, size_t parts) {
  say("%zu bytes in %d, %zu parts", size, segment, parts);
  if (check("  sendmsg", put(client, size, segment, to, parts)) >= 0) hear(server);
}

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server"), value = -1;
  struct name to = local_of(server);
  socklen_t length = sizeof value;
  for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * 37 + i / 251);
  try(client, server, 5000, 1200, &to, 1);
  try(client, server, 4800, 1200, &to, 3);
  try(client, server, 1200, 1200, &to, 1);
  try(client, server, 1199, 1200, &to, 1);
  try(client, server, 5000, 0, &to, 1);
  try(client, server, 12800, 100, &to, 1);
  try(client, server, 12801, 100, &to, 1);
  try(client, server, 9000, 3000, &to, 100);
  try(client, server, 66000, 1200, &to, 1);
  check("set 70000", setsockopt(client, IPPROTO_UDP, UDP_SEGMENT, &(int){70000}, sizeof(int)));
  check("set -1", setsockopt(client, IPPROTO_UDP, UDP_SEGMENT, &(int){-1}, sizeof(int)));
  check("set 1000", setsockopt(client, IPPROTO_UDP, UDP_SEGMENT, &(int){1000}, sizeof(int)));
  must(getsockopt(client, IPPROTO_UDP, UDP_SEGMENT, &value, &length) == 0);
  say("UDP_SEGMENT %d", value);
  try(client, server, 3500, -1, &to, 1);
  try(client, server, 3500, 2000, &to, 1);
  try(client, server, 3500, 0, &to, 1);
  must(connect(client, sa(&to), to.length) == 0);
  check("send", send(client, big, 2500, 0));
  hear(server);
  check("send", send(client, big, 1500, MSG_MORE));
  check("send", send(client, big + 1500, 1500, 0));
  hear(server);
  must(setsockopt(server, IPPROTO_UDP, UDP_GRO, &(int){1}, sizeof(int)) == 0);
  check("to one that takes several as one: send", send(client, big, 2500, 0));
  long whole = recv(server, in, sizeof in, MSG_DONTWAIT), second = recv(server, in, sizeof in, MSG_DONTWAIT);
  say("  recv: %ld and %ld", whole, second);
  close(server);
  check("to nobody", send(client, big, 2500, 0));
  check("the next tells it", send(client, big, 2500, 0));
  check("and the next is fine", send(client, big, 2500, 0));
  close(client);
}

int main(void) {
  each_family(run);
  say("end");
}
