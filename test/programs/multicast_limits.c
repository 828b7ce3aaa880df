/* SPDX-License-Identifier: MIT
 * How many groups a socket may join, and how many sources of one it may name: igmp_max_memberships and igmp_max_msf of IPv4. */
#include "transcript.h"

enum { MANY = 24 };

static struct ip_mreq group_of(int number) {
  return (struct ip_mreq){.imr_multiaddr.s_addr = htonl(0xe0090900u + (unsigned)number), .imr_interface.s_addr = htonl(INADDR_LOOPBACK)};
}

static int source(int fd, int option, int group, int number) {
  struct ip_mreq_source m = {.imr_multiaddr = group_of(group).imr_multiaddr,
                             .imr_interface.s_addr = htonl(INADDR_LOOPBACK),
                             .imr_sourceaddr.s_addr = htonl(0x7f000100u + (unsigned)number)};
  return setsockopt(fd, IPPROTO_IP, option, &m, sizeof m);
}

int main(void) {
  int fd = socket(AF_INET, SOCK_DGRAM, 0), joined = 0;
  struct ip_mreq m;
  for (int i = 1; i <= MANY; i++) {
    m = group_of(i);
    if (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m) == 0) joined++;
  }
  say("joined: %d of %d", joined, MANY);
  check("one more", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
  m = group_of(1);
  check("leave one", setsockopt(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, &m, sizeof m));
  m = group_of(MANY);
  check("then one more", setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
  int other = socket(AF_INET, SOCK_DGRAM, 0);
  check("another socket", setsockopt(other, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m));
  int options[] = {IP_ADD_SOURCE_MEMBERSHIP, IP_BLOCK_SOURCE};
  m = group_of(51);
  must(setsockopt(other, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof m) == 0);
  for (int o = 0; o < 2; o++) {
    int named = 0;
    for (int i = 1; i <= MANY; i++) named += source(other, options[o], 50 + o, i) == 0;
    say("%s: %d of %d", o ? "blocked" : "wanted", named, MANY);
    check("one more", source(other, options[o], 50 + o, MANY));
  }
  close(other);
  close(fd);
  say("end");
}
