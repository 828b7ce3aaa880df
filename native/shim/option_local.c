/* SPDX-License-Identifier: MIT */
#include "option_local.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

enum { SWITCH, RANGE, ANY, AT_LEAST, SECONDS };

/* Values outside of low..high are EINVAL (RANGE) or raised to low (AT_LEAST); a SWITCH is on or off; SECONDS are cut to the range, and 0 are
 * the standard. As do_tcp_setsockopt,
 * do_ip_setsockopt and do_ipv6_setsockopt have them. */
static const struct local {
  int level, number, standard, kind, low, high;
} locals[] = {
    {IPPROTO_TCP, TCP_SYNCNT, 6, RANGE, 1, 127},
    {IPPROTO_TCP, TCP_LINGER2, 60, SECONDS, -1, 120 /* TCP_FIN_TIMEOUT_MAX */},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, 0, AT_LEAST, 1152 /* SOCK_MIN_RCVBUF / 2 */, 0},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 0, ANY, 0, 0},
    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS, 0, RANGE, 0, 1},
    {IPPROTO_TCP, TCP_SAVE_SYN, 0, RANGE, 0, 1},
    {IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT, RANGE, IP_PMTUDISC_DONT, 5 /* IP_PMTUDISC_OMIT */},
    {IPPROTO_IP, IP_RECVERR, 0, SWITCH, 0, 0},
    {IPPROTO_IP, IP_FREEBIND, 0, SWITCH, 0, 0},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 0, SWITCH, 0, 0},
    {IPPROTO_IP, IP_RECVOPTS, 0, SWITCH, 0, 0},
    {IPPROTO_IP, IP_RETOPTS, 0, SWITCH, 0, 0},
    {IPPROTO_IP, IP_MINTTL, 0, RANGE, 0, 255},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_WANT, RANGE, IPV6_PMTUDISC_DONT, 5},
    {IPPROTO_IPV6, IPV6_RECVERR, 0, SWITCH, 0, 0},
    {IPPROTO_IPV6, IPV6_DONTFRAG, 0, SWITCH, 0, 0},
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT, 0, RANGE, 0, 255},
};
static_assert(sizeof locals / sizeof *locals == SOCK_LOCAL_OPTIONS, "sock.h has another number of local options");

int option_local_find(const struct wire_info *info, int level, int number) {
  if (level == IPPROTO_TCP && info->type != SOCK_STREAM) return -1;
  if (level == IPPROTO_IPV6 && info->family != AF_INET6) return -1;
  if (level == IPPROTO_IPV6 && number == IPV6_FREEBIND) level = IPPROTO_IP, number = IP_FREEBIND; /* one and the same */
  for (int i = 0; i < SOCK_LOCAL_OPTIONS; i++)
    if (locals[i].level == level && locals[i].number == number) return i;
  return -1;
}

/* What is stored is the distance from the standard value: a new slot is all zeros. */
int option_local_get(const struct sock *s, int index) {
  return atomic_load_explicit(&s->local[index], memory_order_relaxed) ^ locals[index].standard;
}

int option_local_set(struct sock *s, int index, int value) {
  const struct local *o = &locals[index];
  if (o->kind == SWITCH) value = !!value;
  if (o->kind == RANGE && (value < o->low || value > o->high)) return -EINVAL;
  if (o->kind == SECONDS) value = value == 0 ? o->standard : value < o->low ? o->low : value > o->high ? o->high : value;
  if (o->kind == AT_LEAST && value && value < o->low) value = o->low;
  atomic_store_explicit(&s->local[index], value ^ o->standard, memory_order_relaxed);
  return 0;
}
