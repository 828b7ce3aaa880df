/* SPDX-License-Identifier: MIT
 * Every option number from 0 to 80 of five levels, on every kind of socket in every state: what is read with every length, what is taken with
 * every length and value, what is read afterwards. */
#include "transcript.h"

enum { NUMBERS = 81 };

static const struct {
  const char *name;
  int level;
} levels[] = {{"SOL_SOCKET", SOL_SOCKET}, {"TCP", IPPROTO_TCP}, {"IP", IPPROTO_IP}, {"IPV6", IPPROTO_IPV6}, {"UDP", IPPROTO_UDP}};

enum state { FRESH, BOUND, LISTENING, CONNECTED, ACCEPTED };
static const char *const states[] = {"fresh", "bound", "listening", "connected", "accepted"};

static int partner = -1;

/* A port of the kernel's choice: no other program gets it while this one has it. */
static int bound_anywhere(int family, int type) {
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  struct name n = loopback(family, 0);
  must(fd >= 0 && bind(fd, sa(&n), n.length) == 0);
  return fd;
}

static int connected_there(int family, int type, int server) {
  struct name there = local_of(server);
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  must(fd >= 0 && connect(fd, sa(&there), there.length) == 0);
  return fd;
}

static int make(int family, int type, enum state state) {
  if (state == FRESH) return socket(family, type | SOCK_CLOEXEC, 0);
  int server = bound_anywhere(family, type);
  if (state == BOUND) return server;
  if (type == SOCK_DGRAM) return connected_there(family, type, partner = server);
  must(listen(server, 1) == 0);
  if (state == LISTENING) return server;
  static const struct linger hard = {1, 0}; /* no TIME_WAIT on the machine */
  int client = connected_there(family, type, server), accepted = accept(server, NULL, NULL);
  must(accepted >= 0 && close(server) == 0);
  partner = state == CONNECTED ? accepted : client;
  must(setsockopt(partner, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0);
  return state == CONNECTED ? client : accepted;
}

static void unmake(int fd) {
  must(close(fd) == 0);
  if (partner >= 0) close(partner);
  partner = -1;
}

/* Not compared: what is the machine's own, what only root may do or what is another row of the README's table. */
enum { READ = 1, WRITE = 2, VALUE = 4 /* whether it works is compared, what is read is not */ };
static const struct {
  int level, number, what;
} untold[] = {
    {SOL_SOCKET, SO_SNDBUF, VALUE},
    {SOL_SOCKET, SO_RCVBUF, VALUE},
    {SOL_SOCKET, SO_INCOMING_CPU, VALUE},
    {SOL_SOCKET, SO_MEMINFO, VALUE},
    {SOL_SOCKET, SO_INCOMING_NAPI_ID, VALUE},
    {SOL_SOCKET, SO_COOKIE, VALUE},
    {SOL_SOCKET, 71 /* SO_NETNS_COOKIE */, VALUE},
    {SOL_SOCKET, SO_PEERNAME, VALUE},
    {SOL_SOCKET, SO_RCVLOWAT, VALUE}, /* no more than half of tcp_rmem */
    {SOL_SOCKET, SO_ATTACH_BPF, WRITE},
    {SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, WRITE},
    {SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, WRITE},
    {SOL_SOCKET, SO_ZEROCOPY, WRITE},
    {IPPROTO_TCP, TCP_MAXSEG, VALUE},
    {IPPROTO_TCP, TCP_WINDOW_CLAMP, VALUE},
    {IPPROTO_TCP, TCP_INFO, VALUE | READ}, /* as long as the kernel is new */
    {IPPROTO_TCP, TCP_REPAIR, WRITE},
    {IPPROTO_TCP, TCP_QUEUE_SEQ, WRITE},
    {IPPROTO_TCP, TCP_TIMESTAMP, VALUE},
    {IPPROTO_TCP, TCP_CC_INFO, READ | WRITE},
    {IPPROTO_TCP, TCP_FASTOPEN_KEY, WRITE},
    {IPPROTO_IP, IP_OPTIONS, WRITE},
    {IPPROTO_IP, IP_IPSEC_POLICY, WRITE},
    {IPPROTO_IP, IP_XFRM_POLICY, WRITE},
    {IPPROTO_IP, 52 /* IP_PROTOCOL */, READ | WRITE}, /* a port */
    {IPPROTO_IPV6, 6 /* IPV6_2292PKTOPTIONS */, WRITE},
    {IPPROTO_IPV6, IPV6_IPSEC_POLICY, WRITE},
    {IPPROTO_IPV6, IPV6_XFRM_POLICY, WRITE},
    {IPPROTO_IPV6, IPV6_HOPOPTS, WRITE},
    {IPPROTO_IPV6, IPV6_RTHDRDSTOPTS, WRITE},
    {IPPROTO_IPV6, IPV6_RTHDR, WRITE},
    {IPPROTO_IPV6, IPV6_DSTOPTS, WRITE},
    {IPPROTO_UDP, 1 /* UDP_CORK */, READ | WRITE},
    /* Of netfilter. */
    {IPPROTO_IP, 64, READ | WRITE},
    {IPPROTO_IP, 65, READ | WRITE},
    {IPPROTO_IP, 66, READ | WRITE},
    {IPPROTO_IP, 67, READ | WRITE},
    {IPPROTO_IP, 80, READ | WRITE},
    {IPPROTO_IPV6, 64, READ | WRITE},
    {IPPROTO_IPV6, 65, READ | WRITE},
    {IPPROTO_IPV6, 68, READ | WRITE},
    {IPPROTO_IPV6, 69, READ | WRITE},
    {IPPROTO_IPV6, 80, READ | WRITE},
    /* Newer than Linux 6.1: not there, or otherwise, on other machines. */
    {SOL_SOCKET, SO_PASSCRED, READ | WRITE},
    {SOL_SOCKET, SO_PASSSEC, READ | WRITE},
    {SOL_SOCKET, SO_PEERGROUPS, READ},
    {SOL_SOCKET, 76 /* SO_PASSPIDFD */, READ | WRITE},
    {SOL_SOCKET, 77 /* SO_PEERPIDFD */, READ | WRITE},
    {SOL_SOCKET, 78, READ | WRITE},
    {SOL_SOCKET, 79, READ | WRITE},
    {SOL_SOCKET, 80, READ | WRITE},
    {IPPROTO_TCP, 38 /* TCP_AO */, READ | WRITE},
    {IPPROTO_TCP, 39, READ | WRITE},
    {IPPROTO_TCP, 40, READ | WRITE},
    {IPPROTO_TCP, 41, READ | WRITE},
    {IPPROTO_TCP, 42, READ | WRITE},
    {IPPROTO_TCP, 43 /* TCP_IS_MPTCP */, READ | WRITE},
    {IPPROTO_TCP, 44 /* TCP_RTO_MAX_MS */, READ | WRITE},
    {IPPROTO_TCP, 45, READ | WRITE},
    {IPPROTO_TCP, 46, READ | WRITE},
    {IPPROTO_IP, 51 /* IP_LOCAL_PORT_RANGE */, READ | WRITE},
};

static bool is_told(int level, int number, int what) {
  for (size_t i = 0; i < sizeof untold / sizeof *untold; i++)
    if (untold[i].level == level && untold[i].number == number && (untold[i].what & what)) return false;
  return true;
}

struct line {
  char text[900];
  int size;
};
__attribute__((format(printf, 2, 3))) static void add(struct line *l, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  l->size += vsnprintf(l->text + l->size, sizeof l->text - (size_t)l->size, format, arguments);
  va_end(arguments);
  must(l->size < (int)sizeof l->text);
}

static void add_got(struct line *l, int fd, int level, int number, socklen_t given) {
  unsigned char bytes[256];
  memset(bytes, 0xee, sizeof bytes);
  socklen_t length = given;
  if (getsockopt(fd, level, number, bytes, &length) < 0) {
    add(l, " %s", strerrorname_np(errno));
    if (length != given) add(l, "(%d)", (int)length);
    return;
  }
  add(l, " %d:", (int)length);
  if (!is_told(level, number, VALUE)) return;
  for (socklen_t i = 0; i < 8 && i < length; i++) add(l, "%02x", bytes[i]);
}

static void reads(const char *who, int fd, int level, int number, const char *level_name) {
  static const int lengths[] = {256, 4, 0, 1, 3, 8, -1};
  struct line l = {.size = 0};
  add(&l, "%s get %s %d:", who, level_name, number);
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) add_got(&l, fd, level, number, (socklen_t)lengths[i]);
  if (getsockopt(fd, level, number, NULL, &(socklen_t){4}) < 0) add(&l, " no value %s", strerrorname_np(errno));
  if (getsockopt(fd, level, number, &(int[64]){0}, NULL) < 0) add(&l, " no length %s", strerrorname_np(errno));
  say("%s", l.text);
}

/* True when something may have changed. */
static bool writes(const char *who, int fd, int level, int number, const char *level_name) {
  static const int values[] = {0, 1, 2, 5, 100, 126, 128, 255, 256, 1500, 40000, -1, -2};
  static const int lengths[] = {0, 1, 3, 8, 16, -1};
  struct line l = {.size = 0};
  bool changed = false;
  add(&l, "%s set %s %d:", who, level_name, number);
  for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
    int result = setsockopt(fd, level, number, &values[i], sizeof(int));
    changed = changed || result == 0;
    add(&l, " %d %s", values[i], result < 0 ? strerrorname_np(errno) : "ok");
    add_got(&l, fd, level, number, sizeof(int));
  }
  add(&l, " lengths");
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    static const int value[4] = {1, 0, 0, 0};
    int result = setsockopt(fd, level, number, value, (socklen_t)lengths[i]);
    changed = changed || result == 0;
    add(&l, " %d %s", lengths[i], result < 0 ? strerrorname_np(errno) : "ok");
    add_got(&l, fd, level, number, sizeof(int));
  }
  add(&l, " no value %s", setsockopt(fd, level, number, NULL, sizeof(int)) < 0 ? strerrorname_np(errno) : "ok");
  say("%s", l.text);
  return changed;
}

static void every(int family, int type, enum state state) {
  char who[64];
  snprintf(who, sizeof who, "%s%d %s", type == SOCK_STREAM ? "tcp" : "udp", family == AF_INET ? 4 : 6, states[state]);
  for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
    int fd = make(family, type, state);
    for (int number = 0; number < NUMBERS; number++)
      if (is_told(levels[i].level, number, READ)) reads(who, fd, levels[i].level, number, levels[i].name);
    for (int number = 0; number < NUMBERS; number++) {
      if (!is_told(levels[i].level, number, WRITE) || !writes(who, fd, levels[i].level, number, levels[i].name)) continue;
      unmake(fd);
      fd = make(family, type, state);
    }
    unmake(fd);
  }
}

int main(void) {
  for (int i = 0; i < 2; i++) {
    for (enum state state = FRESH; state <= ACCEPTED; state++) every(i ? AF_INET6 : AF_INET, SOCK_STREAM, state);
    static const enum state of_udp[] = {FRESH, BOUND, CONNECTED};
    for (int k = 0; k < 3; k++) every(i ? AF_INET6 : AF_INET, SOCK_DGRAM, of_udp[k]);
  }
  say("end");
}
