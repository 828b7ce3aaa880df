/* SPDX-License-Identifier: MIT */
#include "option_local.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#include "interface.h"
#include "kernel_socket.h"
#include "option_value.h"

#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26
#endif
#ifndef IP_RECVFRAGSIZE
#define IP_RECVFRAGSIZE 25
#endif

/* Values outside of low..high are EINVAL (RANGE) or raised to low (AT_LEAST); a SWITCH is on or off; SECONDS are cut to the range, and 0 are
 * the standard; an INTERFACE is a number in network byte order, -1 the STANDARD, SOURCES the preferences of RFC 5014, PORTS a first and a
 * last port. FORGOTTEN is a RANGE that reads as 0. */
enum { SWITCH, RANGE, ANY, AT_LEAST, SECONDS, INTERFACE, SOURCES, PORTS, FORGOTTEN, STANDARD };
/* EINVAL unless: not connected; neither connected nor listening. EPERM unless the process may send raw packets. No value of less or more than
 * an int. For one type only. */
enum { UNCONNECTED = 1, CLOSED = 2, PRIVILEGED = 4, EXACT = 8, DATAGRAMS = 16, STREAMS = 32 };
enum { INQ, PORT_RANGE, CORK, SEGMENT, OVERFLOW, ERRORS, ERRORS6 };

/* As do_tcp_setsockopt, do_ip_setsockopt and do_ipv6_setsockopt have them. */
static const struct local {
  int level, number, standard, kind, low, high, rules;
} locals[] = {
    [INQ] = {IPPROTO_TCP, TCP_INQ, 0, RANGE, 0, 1, 0},
    [PORT_RANGE] = {IPPROTO_IP, 51 /* IP_LOCAL_PORT_RANGE */, 0, PORTS, 0, 0, EXACT},
    [CORK] = {IPPROTO_UDP, UDP_CORK, 0, SWITCH, 0, 0, DATAGRAMS},
    [SEGMENT] = {IPPROTO_UDP, UDP_SEGMENT, 0, RANGE, 0, 65535, DATAGRAMS},
    [OVERFLOW] = {SOL_SOCKET, SO_RXQ_OVFL, 0, SWITCH, 0, 0, 0},
    [ERRORS] = {IPPROTO_IP, IP_RECVERR, 0, SWITCH, 0, 0, 0},
    [ERRORS6] = {IPPROTO_IPV6, IPV6_RECVERR, 0, SWITCH, 0, 0, 0},
    {IPPROTO_UDP, UDP_GRO, 0, SWITCH, 0, 0, DATAGRAMS},
    {IPPROTO_UDP, UDP_NO_CHECK6_TX, 0, SWITCH, 0, 0, DATAGRAMS},
    {IPPROTO_UDP, UDP_NO_CHECK6_RX, 0, SWITCH, 0, 0, DATAGRAMS},
    {SOL_SOCKET, 74 /* SO_TXREHASH */, 1, STANDARD, -1, 1, STREAMS},
    {IPPROTO_TCP, TCP_MAXSEG, 0, RANGE, 88 /* TCP_MIN_MSS */, 32767 /* MAX_TCP_WINDOW */, 0},
    {IPPROTO_TCP, TCP_SYNCNT, 6, RANGE, 1, 127, 0},
    {IPPROTO_TCP, TCP_LINGER2, 60, SECONDS, -1, 120 /* TCP_FIN_TIMEOUT_MAX */, 0},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, 0, AT_LEAST, 1152 /* SOCK_MIN_RCVBUF / 2 */, 0, 0},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0, ANY, 0, 0, 0},
    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 0, RANGE, 0, 1, 0},
    {IPPROTO_TCP, TCP_THIN_DUPACK, 0, FORGOTTEN, 0, 1, 0},
    {IPPROTO_TCP, TCP_SAVE_SYN, 0, RANGE, 0, 2, 0},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 0, RANGE, 0, 1, CLOSED},
    {IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE, 0, RANGE, 0, 1, UNCONNECTED},
    {IPPROTO_TCP, TCP_TX_DELAY, 0, RANGE, 0, INT_MAX, 0},
    {IPPROTO_TCP, 44 /* TCP_RTO_MAX_MS */, 120000, RANGE, 1000, 120000, 0},
    {IPPROTO_TCP, 45 /* TCP_RTO_MIN_US */, 200000, RANGE, 8000, 200000, 0},
    {IPPROTO_TCP, 46 /* TCP_DELACK_MAX_US */, 200000, RANGE, 8000, 200000, 0},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT, RANGE, IP_PMTUDISC_DONT, 5 /* IP_PMTUDISC_OMIT */, 0},
    {IPPROTO_IP, IP_FREEBIND, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IP, IP_RECVOPTS, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IP, IP_RETOPTS, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IP, IP_MINTTL, 0, RANGE, 0, 255, 0},
    {IPPROTO_IP, IP_PASSSEC, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IP, IP_TRANSPARENT, 0, SWITCH, 0, 0, PRIVILEGED},
    {IPPROTO_IP, IP_CHECKSUM, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IP, IP_RECVFRAGSIZE, 0, SWITCH, 0, 0, DATAGRAMS},
    {IPPROTO_IP, IP_RECVERR_RFC4884, 0, RANGE, 0, 1, 0},
    {IPPROTO_IP, IP_UNICAST_IF, 0, INTERFACE, 0, 0, EXACT},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT, RANGE, IPV6_PMTUDISC_DONT, 5, 0},
    {IPPROTO_IPV6, IPV6_DONTFRAG, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT, 0, RANGE, 0, 255, 0},
    {IPPROTO_IPV6, IPV6_2292PKTINFO, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_2292HOPOPTS, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_2292DSTOPTS, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_2292RTHDR, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_2292HOPLIMIT, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, 11 /* IPV6_FLOWINFO */, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_RECVERR_RFC4884, 0, RANGE, 0, 1, 0},
    {IPPROTO_IPV6, 33 /* IPV6_FLOWINFO_SEND */, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_RECVHOPOPTS, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_RECVRTHDR, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_RECVDSTOPTS, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_RECVPATHMTU, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_ADDR_PREFERENCES, 0, SOURCES, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_ORIGDSTADDR, 0, SWITCH, 0, 0, 0},
    {IPPROTO_IPV6, IPV6_TRANSPARENT, 0, SWITCH, 0, 0, PRIVILEGED},
    {IPPROTO_IPV6, IPV6_UNICAST_IF, 0, INTERFACE, 0, 0, EXACT},
    {IPPROTO_IPV6, IPV6_RECVFRAGSIZE, 0, SWITCH, 0, 0, 0},
};
static_assert(sizeof locals / sizeof *locals == SOCK_LOCAL_OPTIONS, "sock.h has another number of local options");

/* RFC 5014, as ip6_sock_set_addr_preferences keeps them: what is not preferred is the standard. */
enum {
  SOURCE_TEMPORARY = 1,
  SOURCE_PUBLIC = 2,
  SOURCE_CARE_OF = 4,
  SOURCE_CRYPTOGRAPHIC = 8,
  SOURCE_NO_MATTER = 0x100,
  SOURCE_HOME = 0x400,
  SOURCE_NOT_CRYPTOGRAPHIC = 0x800,
};

static bool is_one_of(int value, int mask) { return !(value & mask & ((value & mask) - 1)); }

static int set_sources(int value) {
  if (!is_one_of(value, SOURCE_TEMPORARY | SOURCE_PUBLIC | SOURCE_NO_MATTER) || !is_one_of(value, SOURCE_HOME | SOURCE_CARE_OF) ||
      !is_one_of(value, SOURCE_CRYPTOGRAPHIC | SOURCE_NOT_CRYPTOGRAPHIC))
    return -EINVAL;
  return value & (SOURCE_TEMPORARY | SOURCE_PUBLIC | SOURCE_CARE_OF);
}

static int get_sources(int kept) {
  return kept | (kept & (SOURCE_TEMPORARY | SOURCE_PUBLIC) ? 0 : SOURCE_NO_MATTER) | (kept & SOURCE_CARE_OF ? 0 : SOURCE_HOME);
}

int option_local_find(const struct wire_info *info, int level, int number) {
  if (level == IPPROTO_TCP && info->type != SOCK_STREAM) return -1;
  if (level == IPPROTO_IPV6 && info->family != AF_INET6) return -1;
  if (level == IPPROTO_IPV6 && number == IPV6_FREEBIND) level = IPPROTO_IP, number = IP_FREEBIND; /* one and the same */
  for (int i = 0; i < SOCK_LOCAL_OPTIONS; i++)
    if (locals[i].level == level && locals[i].number == number)
      return locals[i].rules & (info->type == SOCK_STREAM ? DATAGRAMS : STREAMS) ? -1 : i;
  return -1;
}

/* What is stored is the distance from the standard value: a new slot is all zeros. */
int option_local_get(const struct sock *s, int index) {
  const struct local *o = &locals[index];
  int kept = atomic_load_explicit(&s->local[index], memory_order_relaxed) ^ o->standard;
  if (o->kind == SOURCES) return get_sources(kept);
  /* tcp_mss of loopback, measured; what the program wishes is told until there is a connection. */
  if (o->level == IPPROTO_TCP && o->number == TCP_MAXSEG) return s->info.state == STATE_connected ? 65483 : kept ? kept : 536;
  return kept;
}

/* As sockopt_ns_capable(CAP_NET_RAW): SO_MARK asks for the same, also of a unix socket. */
static bool is_privileged(int fd) {
  int mark;
  socklen_t length = sizeof mark;
  return kernel_getsockopt(fd, SOL_SOCKET, SO_MARK, &mark, &length) == 0 &&
         kernel_setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof mark) == 0;
}

static int check(int fd, const struct sock *s, const struct local *o, int value) {
  if ((o->rules & PRIVILEGED) && value && !is_privileged(fd)) return -EPERM;
  if ((o->rules & (UNCONNECTED | CLOSED)) && s->info.state == STATE_connected) return -EINVAL;
  if (o->kind == AT_LEAST && !value && s->info.state >= STATE_listening) return -EINVAL; /* tcp_set_window_clamp */
  if ((o->rules & CLOSED) && s->info.state == STATE_listening) return -EINVAL;
  return 0;
}

int option_local_set(int fd, struct sock *s, int index, int level, const void *from, socklen_t length) {
  const struct local *o = &locals[index];
  int value;
  if ((o->rules & EXACT) && length != sizeof value) return -EINVAL;
  int result = option_read_int(level, o->number, from, length, &value);
  if (result < 0) return result;
  bool unset = value == 0 && o->number == TCP_MAXSEG && o->level == IPPROTO_TCP;
  if ((o->kind == RANGE || o->kind == FORGOTTEN || o->kind == STANDARD) && !unset && (value < o->low || value > o->high)) return -EINVAL;
  if (o->kind == INTERFACE && ntohl((uint32_t)value) > INTERFACE_COUNT) return -EADDRNOTAVAIL;
  u32 first = (u32)value & 0xffff, last = (u32)value >> 16;
  if (o->kind == PORTS && first && last && first > last) return -EINVAL;
  result = check(fd, s, o, value);
  if (result < 0) return result;
  if (o->kind == SWITCH) value = !!value;
  if (o->kind == FORGOTTEN) value = 0;
  if (o->kind == STANDARD && value == -1) value = o->standard;
  if (o->kind == SECONDS) value = value == 0 ? o->standard : value < o->low ? o->low : value > o->high ? o->high : value;
  if (o->kind == AT_LEAST && value && value < o->low) value = o->low;
  if (o->kind == SOURCES) value = set_sources(value);
  if (o->kind == SOURCES && value < 0) return value;
  atomic_store_explicit(&s->local[index], value ^ o->standard, memory_order_relaxed);
  return 0;
}

void option_local_clear(struct sock *s) {
  memset(s->local, 0, sizeof s->local);
  memset(s->congestion, 0, sizeof s->congestion);
}

void option_local_copy(struct sock *to, const struct sock *from) {
  memcpy(to->local, from->local, sizeof to->local);
  memcpy(to->congestion, from->congestion, sizeof to->congestion);
}

bool option_local_tells_left(const struct sock *s) { return atomic_load_explicit(&s->local[INQ], memory_order_relaxed); }

void option_local_ports(const struct sock *s, u16 *first, u16 *last) {
  u32 range = (u32)atomic_load_explicit(&s->local[PORT_RANGE], memory_order_relaxed), wanted_first = range & 0xffff,
      wanted_last = range >> 16;
  u32 least = *first, most = *last;
  if (least <= wanted_first && wanted_first <= most) *first = (u16)wanted_first;
  if (least <= wanted_last && wanted_last <= most) *last = (u16)wanted_last;
}

bool option_local_corks(const struct sock *s) { return atomic_load_explicit(&s->local[CORK], memory_order_relaxed); }
u32 option_local_segment(const struct sock *s) { return (u32)atomic_load_explicit(&s->local[SEGMENT], memory_order_relaxed); }
bool option_local_tells_drops(const struct sock *s) { return atomic_load_explicit(&s->local[OVERFLOW], memory_order_relaxed); }
bool option_local_keeps_errors(const struct sock *s, bool v6) {
  return atomic_load_explicit(&s->local[v6 ? ERRORS6 : ERRORS], memory_order_relaxed);
}
