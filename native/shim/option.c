/* SPDX-License-Identifier: MIT */
#include "option.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/time.h>

#include "arena.h"
#include "datagram.h"
#include "endpoint.h"
#include "enter.h"
#include "group.h"
#include "libc.h"
#include "option_local.h"
#include "multicast.h"
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

/* Options of ip(7) and ipv6(7) that ask for something which has no effect between unix sockets: accepted, as the kernel accepts them. */
static const int ignored_ip[] = {IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP, IP_OPTIONS};
static const int ignored_ipv6[] = {IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP, MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP};
static const int ignored_tcp[] = {TCP_CONGESTION};

#define HAS(list, number) has(list, sizeof(list) / sizeof(list)[0], number)
static bool has(const int *list, size_t count, int number) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == number) return true;
  return false;
}

static bool is_ignored(const struct wire_info *info, int level, int number) {
  if (level == IPPROTO_TCP) return info->type == SOCK_STREAM && HAS(ignored_tcp, number);
  if (level == IPPROTO_IP) return HAS(ignored_ip, number);
  return level == IPPROTO_IPV6 && info->family == AF_INET6 && HAS(ignored_ipv6, number);
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

static int answer(void *value, socklen_t *length, const void *from, socklen_t size) {
  if (!value || !length) return -EFAULT;
  if ((int)*length < 0) return -EINVAL;
  if (*length < size) size = *length;
  memcpy(value, from, size);
  *length = size;
  return 0;
}

static int answer_int(void *value, socklen_t *length, int number) { return answer(value, length, &number, sizeof number); }

/* Less room than an int is room for one byte at IPPROTO_IP, if that is enough for the number (do_ip_getsockopt). */
static int answer_row(int level, void *value, socklen_t *length, int number) {
  if (level == IPPROTO_IPV6 && value && length && (int)*length < 0) *length = sizeof number; /* do_ipv6_getsockopt compares unsigned */
  unsigned char byte = (unsigned char)number;
  if (level == IPPROTO_IP && length && *length > 0 && *length < sizeof number && number == byte)
    return answer(value, length, &byte, sizeof byte);
  return answer_int(value, length, number);
}

static int tcp_info(int fd, const struct sock *s, void *value, socklen_t *length) {
  struct tcp_info tcp = {.tcpi_state = (uint8_t)stream_state(fd, s)};
  /* Values of an idle loopback connection, in microseconds, as the reference reports them. */
  bool up = tcp.tcpi_state != TCP_CLOSE;
  tcp.tcpi_rto = up ? 200000 : 1000000;
  tcp.tcpi_rtt = up ? 5000 : 0;
  tcp.tcpi_rttvar = up ? 5000 : 250000;
  tcp.tcpi_snd_mss = tcp.tcpi_rcv_mss = 1460;
  return answer(value, length, &tcp, sizeof tcp);
}

static int get_error(int fd, struct sock *s, void *value, socklen_t *length) {
  if (s->info.type == SOCK_STREAM) return answer_int(value, length, -stream_take_error(fd, s));
  int pending = datagram_take_error(fd, s);
  return pending < 0 ? answer_int(value, length, -pending) : -ENOTTY;
}

int option_get(int fd, struct sock *s, int level, int number, void *value, socklen_t *length) {
  struct wire_info info;
  sock_read(s, &info);
  int row = row_of(level, number);
  if (row >= 0 && has_level(&info, level)) {
    int set = info.optionMask & 1u << row ? info.options[row] : rows[row].standard;
    return answer_row(level, value, length, set);
  }
  int local = option_local_find(&info, level, number);
  if (local >= 0) return answer_row(level, value, length, option_local_get(s, local));
  if (level == SOL_SOCKET) {
    /* An inet socket has no peer credentials. */
    struct ucred nobody = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
    switch (number) {
      case SO_DOMAIN: return answer_int(value, length, info.family);
      case SO_PROTOCOL: return answer_int(value, length, info.protocol);
      case SO_ERROR: return get_error(fd, s, value, length);
      case SO_PEERCRED: return answer(value, length, &nobody, sizeof nobody);
      default: return -ENOTTY;
    }
  }
  if (level == IPPROTO_TCP && info.type == SOCK_STREAM) {
    if (number == TCP_INFO) return tcp_info(fd, s, value, length);
    if (number == TCP_MAXSEG) return answer_int(value, length, info.state == STATE_connected ? 65483 : 536); /* of loopback, measured */
    if (number == TCP_CONGESTION) return answer(value, length, "cubic\0\0\0\0\0\0\0\0\0\0", 16);
    return is_ignored(&info, level, number) ? answer_int(value, length, 0) : -ENOPROTOOPT;
  }
  if (level == IPPROTO_IP || (level == IPPROTO_IPV6 && info.family == AF_INET6)) {
    if (level == IPPROTO_IP && number == IP_OPTIONS) return answer(value, length, "", 0); /* no packet has any */
    if (number == (level == IPPROTO_IP ? IP_MTU : IPV6_MTU))
      return info.state == STATE_connected ? answer_int(value, length, 65536) : -ENOTCONN;
    return is_ignored(&info, level, number) ? answer_int(value, length, 0) : -ENOPROTOOPT;
  }
  /* ip_getsockopt and ipv6_getsockopt do not agree about a level that is not theirs. */
  return has_level(&info, level) || info.family == AF_INET6 ? -ENOPROTOOPT : -EOPNOTSUPP;
}

/* One byte is enough for the small options of ip(7) (do_ip_setsockopt). */
static int read_int(int level, const void *value, socklen_t length, int *out) {
  if (!value && level == IPPROTO_IPV6) { /* do_ipv6_setsockopt */
    *out = 0;
    return 0;
  }
  if (!value && length) return -EFAULT;
  if (length >= sizeof *out) {
    memcpy(out, value, sizeof *out);
    return 0;
  }
  if (level != IPPROTO_IP || length < 1) return -EINVAL;
  *out = *(const unsigned char *)value;
  return 0;
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
    case OPTION_multicastAll:
    case OPTION_multicastAll6:
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

/* What sk_clone_lock copies to a connection and unix(7) does not. */
static const int inherited[] = {SO_KEEPALIVE, SO_LINGER,   SO_RCVBUF,   SO_SNDBUF,   SO_RCVTIMEO,
                                SO_SNDTIMEO,  SO_RCVLOWAT, SO_PRIORITY, SO_OOBINLINE};

bool option_is_inherited(int level, int number) { return level == SOL_SOCKET && HAS(inherited, number); }

void option_inherit(int listener, int accepted) {
  for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++) {
    struct timeval value; /* the largest of them */
    socklen_t length = sizeof value;
    if (libc.getsockopt(listener, SOL_SOCKET, inherited[i], &value, &length) < 0) continue;
    int size;
    if (inherited[i] == SO_RCVBUF || inherited[i] == SO_SNDBUF) { /* setsockopt doubles what it is given (socket(7)) */
      memcpy(&size, &value, sizeof size);
      size /= 2;
      memcpy(&value, &size, sizeof size);
    }
    libc.setsockopt(accepted, SOL_SOCKET, inherited[i], &value, length);
  }
}

int option_set(int fd, struct sock *s, int level, int number, const void *value, socklen_t length) {
  if ((int)length < 0) return -EINVAL;
  int row = row_of(level, number), set;
  if (s->info.type == SOCK_DGRAM) {
    int result = multicast_set(fd, s, level, number, value, length);
    if (result != -ENOTTY) return result;
  }
  if (row >= 0 && has_level(&s->info, level)) {
    int result = read_int(level, value, length, &set);
    if (result == 0) result = check_value(row, &s->info, &set);
    if (result < 0) return result;
    sock_begin(s);
    s->info.options[row] = set;
    s->info.optionMask |= 1u << row;
    if (row == OPTION_v6Only) s->info.flags = (u16)(set ? s->info.flags & ~FLAG_dualStack : s->info.flags | FLAG_dualStack);
    sock_end(s);
    if ((row == OPTION_reuseAddress || row == OPTION_reusePort) && s->info.state == STATE_open)
      group_mark(fd, s->info.options[OPTION_reuseAddress], s->info.options[OPTION_reusePort]);
    bool marks = row == OPTION_ttl || row == OPTION_tos || row == OPTION_unicastHops || row == OPTION_trafficClass;
    if (marks && s->network->arena) arena_mark(s->network->arena);
    /* Its peers look there for what it has set. */
    if (s->info.type == SOCK_DGRAM && s->network->arena && (marks || atomic_load(&s->registered))) endpoint_publish(fd, s);
    return 0;
  }
  int local = option_local_find(&s->info, level, number);
  if (local >= 0) {
    int result = read_int(level, value, length, &set);
    return result < 0 ? result : option_local_set(s, local, set);
  }
  /* Its completions would never come; a program goes on without it. */
  if (level == SOL_SOCKET) return number == SO_ZEROCOPY ? -EOPNOTSUPP : -ENOTTY;
  if (level == IPPROTO_TCP && number == TCP_MAXSEG && s->info.type == SOCK_STREAM) {
    int result = read_int(level, value, length, &set);
    return result < 0 ? result : set && (set < 88 || set > 32767) ? -EINVAL : 0; /* TCP_MIN_MSS, MAX_TCP_WINDOW */
  }
  if (is_ignored(&s->info, level, number)) return length || value ? 0 : -EINVAL;
  return -ENOPROTOOPT;
}
