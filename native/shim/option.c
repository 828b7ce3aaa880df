/* SPDX-License-Identifier: MIT */
#include "option.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/time.h>

#include "arena.h"
#include "datagram_cork.h"
#include "endpoint.h"
#include "interface.h"
#include "kernel_socket.h"
#include "multicast.h"
#include "option_congestion.h"
#include "option_fixed.h"
#include "option_local.h"
#include "option_socket.h"
#include "option_value.h"
#include "stream.h"

struct row {
  int level, number, standard;
};

#define OPTION(name, level, number, standard, doc) {level, number, standard},
static const struct row rows[OPTION_COUNT] = {
#include "../wire/option.def"
};
#undef OPTION
static_assert(OPTION_COUNT <= sizeof(((struct wire_info *)0)->options) / sizeof(i32), "info.def has too few options");

#define HAS(list, number) has(list, sizeof(list) / sizeof(list)[0], number)
static bool has(const int *list, size_t count, int number) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == number) return true;
  return false;
}

static int row_of(int level, int number) {
  for (int i = 0; i < OPTION_COUNT; i++)
    if (rows[i].level == level && rows[i].number == number) return i;
  return -1;
}

/* Levels that the kind of socket does not have answer as the kernel's protocol handlers do. */
static bool has_level(const struct wire_info *info, int level) {
  if (level == IPPROTO_TCP) return info->type == SOCK_STREAM;
  if (level == IPPROTO_UDP) return info->type == SOCK_DGRAM;
  if (level == IPPROTO_IPV6) return info->family == AF_INET6;
  return level == IPPROTO_IP || level == SOL_SOCKET;
}

/* A connection that came in has some from its first packet (tcp_v4_syn_recv_sock, tcp_v6_syn_recv_sock); groups of IPv4 are not everybody's
 * on a socket of IPv6. */
static int standard(const struct wire_info *info, int row) {
  struct address local = info_local(info);
  if (row == OPTION_multicastAll && info->family == AF_INET6) return 0;
  if (!(info->flags & FLAG_accepted)) return rows[row].standard;
  if (row == OPTION_multicastTtl && info->family == AF_INET) return 64;
  if (row == OPTION_multicastHops6) return 64;
  return row == OPTION_multicastInterface6 ? (int)interface_of_address(&local) : rows[row].standard;
}

static int tcp_info(int fd, const struct sock *s, void *value, socklen_t *length) {
  struct tcp_info tcp = {.tcpi_state = (uint8_t)stream_state(fd, s)};
  /* Values of an idle loopback connection, in microseconds, as the reference reports them. */
  bool up = tcp.tcpi_state != TCP_CLOSE;
  tcp.tcpi_rto = up ? 200000 : 1000000;
  tcp.tcpi_rtt = up ? 5000 : 0;
  tcp.tcpi_rttvar = up ? 5000 : 250000;
  tcp.tcpi_snd_mss = tcp.tcpi_rcv_mss = 1460;
  return option_answer(value, length, &tcp, sizeof tcp);
}

/* What is known of a connection only, and of groups that it is not in. */
static int get_of_connection(const struct wire_info *info, int level, int number, void *value, socklen_t *length) {
  bool connected = info->state == STATE_connected, v6 = level == IPPROTO_IPV6, v4 = level == IPPROTO_IP;
  if (level == IPPROTO_TCP && number == 43 /* TCP_IS_MPTCP */) return option_answer_int(value, length, info->protocol != IPPROTO_TCP);
  if (v4 && number == IP_MTU) return connected ? option_answer_int(value, length, info->family == AF_INET ? 65535 : 65536) : -ENOTCONN;
  if (v4 && number == 52 /* IP_PROTOCOL */) return option_answer_small(level, value, length, info->localPort); /* inet_num means both */
  if (v6 && number == IPV6_MTU) return connected ? option_answer_int(value, length, 65536) : -ENOTCONN;
  if (v6 && number == 1 /* IPV6_ADDRFORM */) return connected ? option_answer_int(value, length, AF_INET6) : -ENOTCONN;
  if (v6 && number == IPV6_PATHMTU) {
    struct ip6_mtuinfo path = {.ip6m_mtu = 65536};
    if (*length < sizeof path) return -EINVAL;
    return connected ? option_answer(value, length, &path, sizeof path) : -ENOTCONN;
  }
  if (v4 && number == IP_MSFILTER) return *length < IP_MSFILTER_SIZE(0) ? -EINVAL : -ENODEV;
  if (v6 && number == MCAST_MSFILTER) return (int)*length < (int)GROUP_FILTER_SIZE(0) ? -EINVAL : -EADDRNOTAVAIL;
  return -ENOTTY;
}

/* IPV6_ADDRFORM would make an IPv4 socket of one that talks to a v4-mapped address. */
static int set_form(const struct wire_info *info, int family) {
  return family != AF_INET ? -EINVAL : info->state == STATE_connected ? -EADDRNOTAVAIL : -ENOTCONN;
}

int option_get(int fd, struct sock *s, int level, int number, void *value, socklen_t *length) {
  struct wire_info info;
  sock_read(s, &info);
  /* ip_getsockopt and ipv6_getsockopt do not agree about a level that is not theirs. */
  if (!has_level(&info, level)) return info.family == AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
  int result = option_check_length(level, length);
  if (result < 0) return result;
  int row = row_of(level, number);
  if (row >= 0) {
    int set = info.optionMask & 1u << row ? info.options[row] : standard(&info, row);
    return row == OPTION_multicastInterface ? option_answer_int(value, length, set) : option_answer_small(level, value, length, set);
  }
  int local = option_local_find(&info, level, number);
  if (local >= 0) return option_answer_small(level, value, length, option_local_get(s, local));
  if (level == SOL_SOCKET) return option_socket_get(fd, s, &info, number, value, length);
  if (level == IPPROTO_TCP && number == TCP_INFO) return tcp_info(fd, s, value, length);
  if (level == IPPROTO_TCP && number == TCP_CONGESTION) return option_congestion_get(s, value, length);
  result = get_of_connection(&info, level, number, value, length);
  if (result != -ENOTTY) return result;
  result = option_fixed_get(&info, level, number, value, length);
  return result == -ENOTTY ? -ENOPROTOOPT : result;
}

/* TCP_DEFER_ACCEPT is kept as a number of retransmissions: secs_to_retrans and retrans_to_secs of the kernel, from one second up to 120. */
static int deferred(int seconds) {
  if (seconds <= 0) return 0;
  int period = 1, wait = 1;
  for (int retransmissions = 1; seconds > period && retransmissions < 255; retransmissions++) {
    wait = wait * 2 > 120 ? 120 : wait * 2;
    period += wait;
  }
  return period;
}

static int check_value(int row, const struct wire_info *info, int *value) {
  switch ((enum wire_option)row) {
    case OPTION_multicastTtl:
      if (info->type == SOCK_STREAM) return -EINVAL;
      if (*value == -1) *value = 1;
      return *value < 0 || *value > 255 ? -EINVAL : 0;
    case OPTION_noDelay:
    case OPTION_cork:
    case OPTION_reusePort:
    case OPTION_reuseAddress:
    case OPTION_packetInfo:
    case OPTION_receivePacketInfo:
    case OPTION_receiveTtl:
    case OPTION_receiveTos:
    case OPTION_receiveDestination:
    case OPTION_receiveHops6:
    case OPTION_receiveTraffic6:
    case OPTION_multicastLoop: *value = !!*value; return 0;
    case OPTION_multicastAll6: *value = !!*value; return 0;
    case OPTION_multicastAll:
    case OPTION_multicastLoop6: return *value == 0 || *value == 1 ? 0 : -EINVAL;
    case OPTION_multicastHops6:
      if (info->type == SOCK_STREAM) return -ENOPROTOOPT;
      if (*value == -1) *value = 1; /* IPV6_DEFAULT_MCASTHOPS */
      return *value < 0 || *value > 255 ? -EINVAL : 0;
    case OPTION_v6Only: *value = !!*value; return info->state == STATE_open ? 0 : -EINVAL;
    case OPTION_ttl:
      if (*value == -1) *value = 64;
      return *value < 1 || *value > 255 ? -EINVAL : 0;
    case OPTION_unicastHops:
      if (*value == -1) *value = 64;
      return *value < 0 || *value > 255 ? -EINVAL : 0;
    case OPTION_tos: *value &= info->type == SOCK_STREAM ? 0xfc : 0xff; return 0; /* TCP keeps the bits of ECN */
    case OPTION_trafficClass:
      if (*value < -1 || *value > 255) return -EINVAL;
      *value = *value == -1 ? 0 : info->type == SOCK_STREAM ? *value & 0xfc : *value;
      return 0;
    case OPTION_quickAck: *value = !!*value; return 0;
    case OPTION_fastOpen:
      if (*value < 0 || info->state == STATE_connected) return -EINVAL;
      if (*value > SOMAXCONN) *value = SOMAXCONN;
      return 0;
    case OPTION_deferAcceptSeconds: *value = deferred(*value); return 0;
    case OPTION_keepIdleSeconds:
    case OPTION_keepIntervalSeconds: return *value < 1 || *value > 32767 ? -EINVAL : 0; /* MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL */
    case OPTION_keepCount: return *value < 1 || *value > 127 ? -EINVAL : 0;             /* MAX_TCP_KEEPCNT */
    case OPTION_userTimeoutMs: return *value < 0 ? -EINVAL : 0;
    default: return 0;
  }
}

/* What sk_clone_lock copies to a connection and unix(7) does not; what another socket in the place of one must have, too. */
static const int inherited[] = {SO_KEEPALIVE, SO_LINGER,   SO_RCVBUF,    SO_SNDBUF,    SO_RCVTIMEO,  SO_SNDTIMEO,
                                SO_RCVLOWAT,  SO_PRIORITY, SO_OOBINLINE, SO_BROADCAST, SO_TIMESTAMP, SO_TIMESTAMPNS};

bool option_is_inherited(int level, int number) { return level == SOL_SOCKET && HAS(inherited, number); }

void option_inherit(int listener, int accepted) {
  for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
    struct timeval value; /* the largest of them */
    socklen_t length = sizeof value;
    if (kernel_getsockopt(listener, SOL_SOCKET, inherited[i], &value, &length) < 0) continue;
    int number;
    memcpy(&number, &value, sizeof number);
    if (length == sizeof number && number == 0) continue;         /* as every socket begins; SO_TIMESTAMP off would be SO_TIMESTAMPNS off */
    if (inherited[i] == SO_RCVBUF || inherited[i] == SO_SNDBUF) { /* setsockopt doubles what it is given (socket(7)) */
      number /= 2;
      memcpy(&value, &number, sizeof number);
    }
    kernel_setsockopt(accepted, SOL_SOCKET, inherited[i], &value, length);
  }
}

int option_set(int fd, struct sock *s, int level, int number, const void *value, socklen_t length) {
  if ((int)length < 0) return -EINVAL;
  int row = row_of(level, number), set;
  if (s->info.type == SOCK_DGRAM) {
    int result = multicast_set(fd, s, level, number, value, length);
    if (result != -ENOTTY) return result;
  }
  struct wire_info info;
  sock_read(s, &info);
  int result = option_fixed_set(&info, level, number, value, length);
  if (result != -ENOTTY) return result;
  if (row >= 0 && has_level(&info, level)) {
    result = option_read_int(level, number, value, length, &set);
    if (result == 0) result = check_value(row, &info, &set);
    if (result < 0) return result;
    sock_begin(s);
    s->info.options[row] = set;
    s->info.optionMask |= 1u << row;
    if (row == OPTION_v6Only) s->info.flags = (u16)(set ? s->info.flags & ~FLAG_dualStack : s->info.flags | FLAG_dualStack);
    sock_end(s);
    if ((row == OPTION_reuseAddress || row == OPTION_reusePort) && s->info.state == STATE_open) endpoint_mark(fd, s, false);
    bool marks = row == OPTION_ttl || row == OPTION_tos || row == OPTION_unicastHops || row == OPTION_trafficClass;
    if (marks && s->network->arena) arena_mark(s->network->arena);
    /* Its peers look there for what it has set. */
    if (s->info.type == SOCK_DGRAM && s->network->arena && (marks || atomic_load(&s->registered))) endpoint_publish(fd, s);
    return 0;
  }
  int local = option_local_find(&info, level, number);
  if (local >= 0) {
    int result = option_local_set(fd, s, local, level, value, length);
    if (result == 0 && level == IPPROTO_UDP && number == UDP_CORK && !option_local_corks(s)) datagram_cork_flush(fd, s);
    return result;
  }
  if (level == SOL_SOCKET) return option_socket_set(fd, s, number, value, length);
  if (level == IPPROTO_TCP && number == TCP_CONGESTION && s->info.type == SOCK_STREAM) return option_congestion_set(s, value, length);
  if (level == IPPROTO_IPV6 && s->info.family == AF_INET6 && (number == 1 /* IPV6_ADDRFORM */ || number == IPV6_MTU)) {
    result = option_read_int(level, number, value, length, &set);
    if (result == 0 && number == IPV6_MTU) return set == 0 || set >= 1280 /* IPV6_MIN_MTU */ ? 0 : -EINVAL;
    return result < 0 ? result : set_form(&info, set);
  }
  result =
      (level == IPPROTO_TCP || level == IPPROTO_UDP) && has_level(&info, level) ? option_read_int(level, number, value, length, &set) : 0;
  return result < 0 ? result : -ENOPROTOOPT;
}
