/* SPDX-License-Identifier: MIT */
#include "option_fixed.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include "option_value.h"

#ifndef IP_RECVFRAGSIZE
#define IP_RECVFRAGSIZE 25
#endif
#ifndef UDPLITE_SEND_CSCOV
#define UDPLITE_SEND_CSCOV 10
#define UDPLITE_RECV_CSCOV 11
#endif

enum { STREAM = 1, DATAGRAM = 2, BOTH = 3 };
/* What is read: an errno, the number 0, or nothing of no length. */
enum { ZERO = 0, NOTHING = 1 };
/* What setsockopt wants before it answers: nothing; an int; so many bytes. */
enum { ANY = 0, INT = -1 };

static const struct fixed {
  int level, number, types, get, wants, set;
} rows[] = {
    {IPPROTO_TCP, TCP_INFO, STREAM, -ENOTTY, INT, -ENOPROTOOPT},
    {IPPROTO_TCP, 14 /* TCP_MD5SIG */, STREAM, -ENOPROTOOPT, INT, -EINVAL},
    {IPPROTO_TCP, 32 /* TCP_MD5SIG_EXT */, STREAM, -ENOPROTOOPT, INT, -EINVAL},
    {IPPROTO_TCP, TCP_REPAIR, STREAM, ZERO, INT, -EPERM},
    {IPPROTO_TCP, TCP_REPAIR_QUEUE, STREAM, -EINVAL, INT, -EPERM},
    {IPPROTO_TCP, TCP_QUEUE_SEQ, STREAM, -EINVAL, INT, -EINVAL},
    {IPPROTO_TCP, TCP_REPAIR_OPTIONS, STREAM, -ENOPROTOOPT, INT, -EINVAL},
    {IPPROTO_TCP, TCP_REPAIR_WINDOW, STREAM, -EINVAL, INT, -EPERM},
    {IPPROTO_TCP, TCP_TIMESTAMP, STREAM, ZERO, INT, -EPERM},
    {IPPROTO_TCP, TCP_CC_INFO, STREAM, NOTHING, INT, -ENOPROTOOPT},
    {IPPROTO_TCP, TCP_SAVED_SYN, STREAM, NOTHING, INT, -ENOPROTOOPT},
    {IPPROTO_TCP, TCP_ULP, STREAM, NOTHING, 1, -ENOENT},
    {IPPROTO_TCP, TCP_FASTOPEN_KEY, STREAM, NOTHING, ANY, -EINVAL},
    {IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, STREAM, -EINVAL, INT, -ENOPROTOOPT},
    {IPPROTO_TCP, 43 /* TCP_IS_MPTCP */, STREAM, ZERO, INT, -ENOPROTOOPT},
    {IPPROTO_IP, IP_HDRINCL, BOTH, ZERO, INT, -ENOPROTOOPT},
    {IPPROTO_IP, IP_ROUTER_ALERT, BOTH, ZERO, INT, -EINVAL},
    {IPPROTO_IP, IP_NODEFRAG, BOTH, ZERO, INT, -ENOPROTOOPT},
    {IPPROTO_IP, IP_PKTOPTIONS, STREAM, NOTHING, ANY, -ENOPROTOOPT},
    {IPPROTO_IP, IP_OPTIONS, BOTH, NOTHING, ANY, 0},
    {IPPROTO_IP, 52 /* IP_PROTOCOL */, BOTH, ZERO, ANY, -ENOPROTOOPT},
    {IPPROTO_IP, IP_RECVFRAGSIZE, STREAM, ZERO, INT, -EINVAL},
    {IPPROTO_IP, IP_MULTICAST_IF, STREAM, -ENOTTY, ANY, -EINVAL},
    {IPPROTO_IP, IP_MSFILTER, BOTH, -EINVAL, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_MSFILTER, BOTH, -EINVAL, ANY, -EINVAL},
    /* A connection has no groups (do_ip_setsockopt of inet_connection_sock). */
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, STREAM, -ENOPROTOOPT, ANY, -EPROTO},
    {IPPROTO_IP, IP_DROP_MEMBERSHIP, STREAM, -ENOPROTOOPT, ANY, -EPROTO},
    {IPPROTO_IP, IP_UNBLOCK_SOURCE, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, IP_BLOCK_SOURCE, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_JOIN_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_BLOCK_SOURCE, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_UNBLOCK_SOURCE, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_LEAVE_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IP, MCAST_LEAVE_SOURCE_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, 6 /* IPV6_2292PKTOPTIONS */, STREAM, NOTHING, ANY, 0},
    {IPPROTO_IPV6, 6 /* IPV6_2292PKTOPTIONS */, DATAGRAM, -ENOPROTOOPT, ANY, 0},
    {IPPROTO_IPV6, IPV6_MULTICAST_IF, STREAM, -ENOTTY, ANY, -ENOPROTOOPT},
    {IPPROTO_IPV6, IPV6_MULTICAST_HOPS, STREAM, -ENOTTY, ANY, -ENOPROTOOPT},
    {IPPROTO_IPV6, IPV6_PKTINFO, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_ROUTER_ALERT, BOTH, ZERO, INT, -ENOPROTOOPT},
    {IPPROTO_IPV6, 32 /* IPV6_FLOWLABEL_MGR */, BOTH, -EINVAL, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_MSFILTER, BOTH, -EINVAL, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_HOPOPTS, BOTH, NOTHING, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, BOTH, NOTHING, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_RTHDR, BOTH, NOTHING, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_DSTOPTS, BOTH, NOTHING, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_JOIN_GROUP, STREAM, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_LEAVE_GROUP, STREAM, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_JOIN_ANYCAST, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, IPV6_LEAVE_ANYCAST, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_JOIN_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_BLOCK_SOURCE, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_UNBLOCK_SOURCE, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_LEAVE_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_JOIN_SOURCE_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_IPV6, MCAST_LEAVE_SOURCE_GROUP, BOTH, -ENOPROTOOPT, ANY, -EINVAL},
    {IPPROTO_UDP, UDPLITE_SEND_CSCOV, DATAGRAM, ZERO, INT, -ENOPROTOOPT},
    {IPPROTO_UDP, UDPLITE_RECV_CSCOV, DATAGRAM, ZERO, INT, -ENOPROTOOPT},
};

static const struct fixed *find(const struct wire_info *info, int level, int number) {
  int type = info->type == SOCK_STREAM ? STREAM : DATAGRAM;
  if (level == IPPROTO_IPV6 && info->family != AF_INET6) return NULL;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].level == level && rows[i].number == number && (rows[i].types & type)) return &rows[i];
  return NULL;
}

int option_fixed_get(const struct wire_info *info, int level, int number, void *value, socklen_t *length) {
  const struct fixed *row = find(info, level, number);
  if (!row) return -ENOTTY;
  if (row->get == NOTHING) return option_answer(value, length, "", 0);
  return row->get < 0 ? row->get : option_answer_small(level, value, length, 0);
}

int option_fixed_set(const struct wire_info *info, int level, int number, const void *value, socklen_t length) {
  const struct fixed *row = find(info, level, number);
  int unused;
  if (!row) return -ENOTTY;
  if (row->wants == INT) {
    int result = option_read_int(level, number, value, length, &unused);
    if (result < 0) return result;
  } else if (length < (socklen_t)row->wants) {
    return -EINVAL;
  } else if (row->wants && !value) {
    return -EFAULT;
  }
  return row->set;
}
