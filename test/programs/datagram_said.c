/* SPDX-License-Identifier: MIT
 * TTL, hop limit, TOS and traffic class that a program says with one datagram: what the receiver is told, connected and not. */
#include "transcript.h"

static int on = 1;

struct said {
  const char *what;
  int level, type, value;
  size_t size;
};

static long put(int fd, struct name *to, const struct said *said) {
  char control[CMSG_SPACE(sizeof(int))] = "", bytes[] = "said";
  struct cmsghdr head = {.cmsg_len = CMSG_LEN(said->size), .cmsg_level = said->level, .cmsg_type = said->type};
  memcpy(control, &head, sizeof head);
  memcpy(control + CMSG_LEN(0), &said->value, said->size);
  struct iovec part = {bytes, 4};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  if (to) message.msg_name = &to->at, message.msg_namelen = to->length;
  return sendmsg(fd, &message, 0);
}

static void hear(int fd) {
  _Alignas(struct cmsghdr) char control[256];
  char bytes[16];
  struct name from = {.length = sizeof from.at};
  struct iovec part = {bytes, sizeof bytes};
  struct msghdr m = {.msg_name = &from.at,
                     .msg_namelen = sizeof from.at,
                     .msg_iov = &part,
                     .msg_iovlen = 1,
                     .msg_control = control,
                     .msg_controllen = sizeof control};
  long got = recvmsg(fd, &m, MSG_DONTWAIT);
  if (got < 0) {
    say("    %s", strerrorname_np(errno));
    return;
  }
  from.length = m.msg_namelen;
  say("    %ld bytes, flags %d, from %s", got, m.msg_flags, text(&from));
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    int value = 0;
    memcpy(&value, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0) < sizeof value ? c->cmsg_len - CMSG_LEN(0) : sizeof value);
    say("    level %d type %d: %d", c->cmsg_level, c->cmsg_type, value);
  }
}

static void ask(int fd, int family) {
  must(setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &on, sizeof on) == 0 && setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &on, sizeof on) == 0);
  if (family == AF_INET) return;
  must(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, &on, sizeof on) == 0);
  must(setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &on, sizeof on) == 0);
}

static const struct said of_v4[] = {
    {"TTL 7", IPPROTO_IP, IP_TTL, 7, sizeof(int)},       {"TTL 0", IPPROTO_IP, IP_TTL, 0, sizeof(int)},
    {"TTL 256", IPPROTO_IP, IP_TTL, 256, sizeof(int)},   {"TTL of a byte", IPPROTO_IP, IP_TTL, 7, 1},
    {"TOS 2 (ECT)", IPPROTO_IP, IP_TOS, 2, sizeof(int)}, {"TOS of a byte", IPPROTO_IP, IP_TOS, 0xb8, 1},
    {"TOS 256", IPPROTO_IP, IP_TOS, 256, sizeof(int)},   {"TOS 0", IPPROTO_IP, IP_TOS, 0, sizeof(int)},
};
static const struct said of_v6[] = {
    {"hop limit 7", IPPROTO_IPV6, IPV6_HOPLIMIT, 7, sizeof(int)},
    {"hop limit -1", IPPROTO_IPV6, IPV6_HOPLIMIT, -1, sizeof(int)},
    {"hop limit 256", IPPROTO_IPV6, IPV6_HOPLIMIT, 256, sizeof(int)},
    {"hop limit -2", IPPROTO_IPV6, IPV6_HOPLIMIT, -2, sizeof(int)},
    {"class 2 (ECT)", IPPROTO_IPV6, IPV6_TCLASS, 2, sizeof(int)},
    {"class 256", IPPROTO_IPV6, IPV6_TCLASS, 256, sizeof(int)},
    {"class -1", IPPROTO_IPV6, IPV6_TCLASS, -1, sizeof(int)},
    {"class of a byte", IPPROTO_IPV6, IPV6_TCLASS, 2, 1},
    {"TTL, of IPv4", IPPROTO_IP, IP_TTL, 7, sizeof(int)},
};

static void all(int family, int from, int to_fd, struct name *to) {
  const struct said *list = family == AF_INET ? of_v4 : of_v6;
  size_t count = family == AF_INET ? sizeof of_v4 / sizeof *of_v4 : sizeof of_v6 / sizeof *of_v6;
  for (size_t i = 0; i < count; i++) {
    say("  %s", list[i].what);
    if (check("    sendmsg", put(from, to, &list[i])) >= 0) hear(to_fd);
  }
}

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server), back = local_of(client);
  ask(server, family);
  ask(client, family);
  say("not connected");
  all(family, client, server, &to);
  must(connect(client, sa(&to), to.length) == 0);
  say("connected");
  all(family, client, server, NULL);
  say("back, to the connected one");
  all(family, server, client, &back);
  say("the option is another");
  int level = family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
  must(setsockopt(client, level, family == AF_INET ? IP_TOS : IPV6_TCLASS, &(int){0x28}, sizeof(int)) == 0);
  all(family, client, server, NULL);
  /* Who does not ask sees nothing of it, whatever room there is. */
  int deaf = bound(family, SOCK_DGRAM, "deaf");
  struct name to_deaf = local_of(deaf);
  const struct said *one = family == AF_INET ? &of_v4[4] : &of_v6[4];
  char bytes[16];
  check("to one that does not ask", put(client, &to_deaf, one));
  hear(deaf);
  check("again", put(client, &to_deaf, one));
  struct iovec part = {bytes, sizeof bytes};
  struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
  check("recvmsg without room", recvmsg(deaf, &m, 0));
  say("flags %d, control %zu", m.msg_flags, m.msg_controllen);
  check("again", put(client, &to_deaf, one));
  int before = dup(deaf);
  check("read", read(deaf, bytes, sizeof bytes));
  int after = dup(deaf);
  say("no descriptor is left: %d", after == before + 1);
  close(before);
  close(after);
  close(deaf);
  close(client);
  close(server);
}

/* What counts is the family of the destination, not that of the socket. */
static void mapped(void) {
  int client = socket(AF_INET6, SOCK_DGRAM, 0), server = bound(AF_INET, SOCK_DGRAM, "server");
  struct name to = local_of(server), own = name_of(AF_INET6, "::ffff:127.0.0.1", own_port());
  to = name_of(AF_INET6, "::ffff:127.0.0.1", name_port_of(&to));
  name_port(name_port_of(&own), "client");
  must(bind(client, sa(&own), own.length) == 0);
  ask(server, AF_INET);
  say("IPv4 from a socket of IPv6");
  all(AF_INET, client, server, &to);
  all(AF_INET6, client, server, &to);
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  mapped();
  say("end");
}
