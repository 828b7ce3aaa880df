/* SPDX-License-Identifier: MIT
 * All of 127.0.0.0/8: each address can be bound for itself, and a socket on 0.0.0.0 or :: answers on every one that nobody has. */
#include "transcript.h"

/* In a plain wrapper 127.0.0.1 to 127.0.0.64 are the reference's interfaces: the other addresses show what they do not. */
static const char *const far[] = {"127.0.0.99", "127.1.2.3", "127.255.255.254"};
enum { FAR = sizeof far / sizeof *far };

static int make(int family, int type) {
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  must(fd >= 0);
  return fd;
}

static int bind_at(const char *what, int family, int type, const char *address, int port) {
  int fd = make(family, type);
  struct name at = name_of(family, address, port);
  if (what)
    check(what, bind(fd, sa(&at), at.length));
  else
    must(bind(fd, sa(&at), at.length) == 0);
  return fd;
}

static void side_by_side(int type, const char *one, const char *other) {
  int port = own_port(), first = bind_at("first", AF_INET, type, one, port), second = bind_at("second", AF_INET, type, other, port);
  say("%s, beside it %s", one, other);
  close(bind_at("first again", AF_INET, type, one, port));
  close(bind_at("any beside them", AF_INET, type, "0.0.0.0", port));
  close(bind_at(":: beside them", AF_INET6, type, "::", port));
  close(first);
  close(bind_at("any beside the second", AF_INET, type, "0.0.0.0", port));
  close(second);
  int wide = bind_at("any after them", AF_INET, type, "0.0.0.0", port);
  close(bind_at("the second below any", AF_INET, type, other, port));
  close(wide);
  wide = bind_at(":: after them", AF_INET6, type, "::", port);
  close(bind_at("the second below ::", AF_INET, type, other, port));
  close(wide);
  wide = make(AF_INET6, type);
  int on = 1;
  must(setsockopt(wide, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
  struct name at = name_of(AF_INET6, "::", port);
  must(bind(wide, sa(&at), at.length) == 0);
  close(bind_at("the second beside :: of IPv6 only", AF_INET, type, other, port));
  close(wide);
  close(bind_at("v4-mapped", AF_INET6, type, "::ffff:127.1.2.3", port));
}

static void call(const char *what, int server, const char *from, const char *to, int port) {
  int client = from ? bind_at(NULL, AF_INET, SOCK_STREAM, from, 0) : make(AF_INET, SOCK_STREAM);
  struct name at = name_of(AF_INET, to, port), peer = {.length = sizeof peer.at};
  say("%s: %s calls %s", what, from ? from : "a client", to);
  if (check("connect", connect(client, sa(&at), at.length)) == 0) {
    struct name own = local_of(client);
    name_port(name_port_of(&own), "client");
    say_local("client", client);
    say_peer("client", client);
    int accepted = accept(server, sa(&peer), &peer.length);
    must(accepted >= 0);
    say("accepted from %s", text(&peer));
    char line[64];
    snprintf(line, sizeof line, "accepted by %s", what);
    say_local(line, accepted);
    close(client);
    char byte;
    must(read(accepted, &byte, 1) == 0);
    close(accepted);
    return;
  }
  close(client);
}

static void streams(void) {
  int port = own_port(), server = bind_at(NULL, AF_INET, SOCK_STREAM, "0.0.0.0", port);
  must(listen(server, 8) == 0);
  name_port(port, "server");
  for (int i = 0; i < FAR; i++) call("any", server, NULL, far[i], port);
  call("any", server, far[0], "127.0.0.1", port);
  call("any", server, far[0], far[1], port);
  call("any", server, NULL, "127.0.0.1", port);
  close(server);
  server = bind_at(NULL, AF_INET6, SOCK_STREAM, "::", port);
  must(listen(server, 8) == 0);
  for (int i = 0; i < FAR; i++) call("::", server, NULL, far[i], port);
  close(server);
  int on = 1;
  server = make(AF_INET6, SOCK_STREAM);
  must(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) == 0);
  struct name at = name_of(AF_INET6, "::", port);
  must(bind(server, sa(&at), at.length) == 0 && listen(server, 8) == 0);
  call(":: of IPv6 only", server, NULL, far[0], port);
  close(server);
  server = bind_at(NULL, AF_INET, SOCK_STREAM, "127.0.0.1", port);
  must(listen(server, 8) == 0);
  call("127.0.0.1", server, NULL, far[1], port);
  close(server);
  server = bind_at(NULL, AF_INET, SOCK_STREAM, far[1], port);
  must(listen(server, 8) == 0);
  say_local("far", server);
  call(far[1], server, NULL, far[1], port);
  call(far[1], server, far[0], far[1], port);
  call(far[1], server, NULL, far[0], port);
  call(far[1], server, NULL, "127.0.0.1", port);
  close(server);
  call("nobody", -1, NULL, far[1], port);
}

/* 127.0.0.1 to 127.0.0.64 are the hosts of a plain wrapper. */
static void near_ones(void) {
  int port = own_port(), wide = bind_at(NULL, AF_INET, SOCK_STREAM, "0.0.0.0", port), client = make(AF_INET, SOCK_STREAM);
  struct name to = name_of(AF_INET, "127.0.0.2", port);
  must(listen(wide, 8) == 0);
  check("127.0.0.2 reaches 0.0.0.0", connect(client, sa(&to), to.length));
  close(client);
  close(wide);
  port = own_port();
  int one = bind_at("127.0.0.1", AF_INET, SOCK_STREAM, "127.0.0.1", port);
  int other = bind_at("127.0.0.2 beside it", AF_INET, SOCK_STREAM, "127.0.0.2", port);
  close(one);
  close(bind_at("0.0.0.0 beside 127.0.0.2", AF_INET, SOCK_STREAM, "0.0.0.0", port));
  must(listen(other, 8) == 0);
  to = loopback(AF_INET, port);
  client = make(AF_INET, SOCK_STREAM);
  check("127.0.0.1 reaches nobody", connect(client, sa(&to), to.length));
  close(client);
  close(other);
}

static void hear(const char *who, int fd, int client) {
  char bytes[16];
  struct name from = {.length = sizeof from.at};
  ssize_t got = recvfrom(fd, bytes, sizeof bytes, MSG_DONTWAIT, sa(&from), &from.length);
  if (got < 0) {
    say("  %s hears nothing (%s)", who, strerrorname_np(errno));
    return;
  }
  struct name own = local_of(client);
  name_port(name_port_of(&own), "client");
  say("  %s hears %zd from %s", who, got, text(&from));
  check("  answer", sendto(fd, "answer", 6, 0, sa(&from), from.length));
  from.length = sizeof from.at;
  got = recvfrom(client, bytes, sizeof bytes, MSG_DONTWAIT, sa(&from), &from.length);
  if (got < 0)
    say("  no answer comes (%s)", strerrorname_np(errno));
  else
    say("  %zd come from %s", got, text(&from));
}

static void datagrams(void) {
  int port = own_port(), wide = bind_at(NULL, AF_INET, SOCK_DGRAM, "0.0.0.0", port);
  name_port(port, "server");
  for (int i = 0; i < FAR; i++) {
    struct name to = name_of(AF_INET, far[i], port);
    int client = make(AF_INET, SOCK_DGRAM);
    say("to %s", far[i]);
    check("sendto", sendto(client, "hello", 5, 0, sa(&to), to.length));
    hear("any", wide, client);
    close(client);
    client = make(AF_INET, SOCK_DGRAM);
    check("connect", connect(client, sa(&to), to.length));
    check("send", send(client, "hello!", 6, 0));
    say_peer("connected", client);
    hear("any", wide, client);
    close(client);
    client = bind_at(NULL, AF_INET, SOCK_DGRAM, far[i], 0);
    to = loopback(AF_INET, port);
    say("from %s", far[i]);
    check("sendto", sendto(client, "hello", 5, 0, sa(&to), to.length));
    hear("any", wide, client);
    close(client);
  }
  close(wide);
  int one = bind_at(NULL, AF_INET, SOCK_DGRAM, far[0], port), other = bind_at(NULL, AF_INET, SOCK_DGRAM, far[1], port);
  int client = make(AF_INET, SOCK_DGRAM);
  struct name to = name_of(AF_INET, far[0], port);
  check("to one", sendto(client, "one", 3, 0, sa(&to), to.length));
  hear("one", one, client);
  to = name_of(AF_INET, far[1], port);
  check("to the other", sendto(client, "other", 5, 0, sa(&to), to.length));
  hear("the other", other, client);
  close(one);
  to = name_of(AF_INET, far[0], port);
  check("to nobody", sendto(client, "nobody", 6, 0, sa(&to), to.length));
  hear("the other", other, client);
  close(client);
  client = make(AF_INET, SOCK_DGRAM);
  must(connect(client, sa(&to), to.length) == 0);
  check("connected to nobody", send(client, "nobody", 6, 0));
  check("and again", send(client, "nobody", 6, 0));
  close(client);
  close(other);
}

/* The destination as a receiver on 0.0.0.0 learns it. */
static void destination(void) {
  int port = own_port(), wide = bind_at(NULL, AF_INET, SOCK_DGRAM, "0.0.0.0", port), on = 1, client = make(AF_INET, SOCK_DGRAM);
  must(setsockopt(wide, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) == 0);
  for (int i = 0; i < FAR; i++) {
    struct name to = name_of(AF_INET, far[i], port);
    char byte, control[256], local[16], header[16];
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    must(sendto(client, "x", 1, 0, sa(&to), to.length) == 1);
    check("recvmsg", recvmsg(wide, &message, MSG_DONTWAIT));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (!c || c->cmsg_type != IP_PKTINFO) continue;
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    inet_ntop(AF_INET, &info.ipi_spec_dst, local, sizeof local);
    inet_ntop(AF_INET, &info.ipi_addr, header, sizeof header);
    say("to %s: local %s, in the header %s", far[i], local, header);
  }
  close(client);
  close(wide);
}

int main(void) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int t = 0; t < 2; t++) {
    say(t ? "datagrams" : "streams");
    side_by_side(types[t], "127.0.0.1", "127.0.0.99");
    side_by_side(types[t], "127.0.0.99", "127.1.2.3");
    close(bind_at("127.0.0.0", AF_INET, types[t], "127.0.0.0", 0));
    int none = bind_at("127.200.0.1, any port", AF_INET, types[t], "127.200.0.1", 0);
    struct name own = local_of(none);
    say("a port of the range: %d", name_port_of(&own) >= 32768 && name_port_of(&own) <= 60999);
    close(none);
  }
  streams();
  near_ones();
  datagrams();
  destination();
  say("end");
}
