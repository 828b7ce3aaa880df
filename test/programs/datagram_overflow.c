/* SPDX-License-Identifier: MIT
 * SO_RXQ_OVFL: how many datagrams found no room in the queue, told with those that came after them. */
#include "transcript.h"

enum { MANY = 3000, SIZE = 2048 };

/* The number that comes with the next datagram, 0 for none. */
static uint32_t take(int fd, char *bytes) {
  _Alignas(struct cmsghdr) char control[128];
  struct iovec part = {bytes, SIZE};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  uint32_t lost = 0;
  bytes[0] = 0;
  if (recvmsg(fd, &m, MSG_DONTWAIT) < 0) return UINT32_MAX;
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) memcpy(&lost, CMSG_DATA(c), sizeof lost);
  return lost;
}

static void run(int family) {
  static char bytes[SIZE];
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server"), on = 1, value = -1;
  struct name to = local_of(server);
  socklen_t length = sizeof value;
  check("SO_RXQ_OVFL", setsockopt(server, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on));
  must(getsockopt(server, SOL_SOCKET, SO_RXQ_OVFL, &value, &length) == 0);
  say("reads %d", value);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  say("nothing is lost: %u", take(server, bytes));
  for (int i = 0; i < MANY; i++) must(sendto(client, bytes, sizeof bytes, 0, sa(&to), to.length) == SIZE);
  uint32_t came = 0, lost, before = 0;
  while ((lost = take(server, bytes)) != UINT32_MAX) came++, before = lost;
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  lost = take(server, bytes);
  say("some came %d, none was lost before the last of them %d, some are %d, and all are counted: %d", came > 0, before == 0, lost > 0,
      came + lost == MANY);
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  say("the number stays: %d", take(server, bytes) == lost);
  for (int i = 0; i < MANY; i++) must(sendto(client, bytes, sizeof bytes, 0, sa(&to), to.length) == SIZE);
  for (came = 0; take(server, bytes) != UINT32_MAX;) came++;
  must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
  say("and grows: %d", take(server, bytes) + came - lost == MANY);
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
