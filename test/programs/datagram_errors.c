/* SPDX-License-Identifier: MIT
 * IP_RECVERR and IPV6_RECVERR: what was sent to a port that nobody has comes back through MSG_ERRQUEUE, connected or not. */
#include <time.h>

#include <linux/errqueue.h>

#include "transcript.h"

static char bytes[2000];

static void say_events(int fd) {
  struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};
  must(poll(&p, 1, 0) >= 0);
  say("  poll: %s", events_text(p.revents));
}

static void say_error(int fd) {
  int error = -1;
  socklen_t length = sizeof error;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
  say("  SO_ERROR: %s", error ? strerrorname_np(error) : "none");
}

static void take(int fd, size_t size, size_t room) {
  _Alignas(struct cmsghdr) char control[256];
  struct name to = {.length = sizeof to.at};
  struct iovec part = {bytes, size};
  struct msghdr m = {
      .msg_name = &to.at, .msg_namelen = sizeof to.at, .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
  memset(bytes, 0, sizeof bytes);
  if (check("  MSG_ERRQUEUE", recvmsg(fd, &m, MSG_ERRQUEUE)) < 0) return;
  to.length = m.msg_namelen;
  say("  %.8s, flags %#x, to %s", bytes, (unsigned)m.msg_flags, text(&to));
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    struct sock_extended_err e;
    if (c->cmsg_len < CMSG_LEN(sizeof e)) {
      say("  cut to %zu bytes", c->cmsg_len);
      continue;
    }
    struct name from = {.length = (socklen_t)(c->cmsg_len - CMSG_LEN(sizeof e))};
    memcpy(&e, CMSG_DATA(c), sizeof e);
    memcpy(&from.at, CMSG_DATA(c) + sizeof e, from.length);
    say("  level %d type %d: %s, origin %d, type %d, code %d, info %u, data %u, from %s", c->cmsg_level, c->cmsg_type,
        strerrorname_np((int)e.ee_errno), e.ee_origin, e.ee_type, e.ee_code, e.ee_info, e.ee_data, text(&from));
  }
}

static void run(int family) {
  int fd = bound(family, SOCK_DGRAM, "client"), gone = own_port(), on = 1;
  struct name to = loopback(family, gone);
  name_port(gone, "gone");
  take(fd, sizeof bytes, 256);
  check("without the option: sendto", sendto(fd, "silence", 7, 0, sa(&to), to.length));
  say_events(fd);
  take(fd, sizeof bytes, 256);
  must(setsockopt(fd, family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6, family == AF_INET ? IP_RECVERR : IPV6_RECVERR, &on, sizeof on) == 0);
  check("with it: sendto", sendto(fd, "first", 5, 0, sa(&to), to.length));
  say_events(fd);
  take(fd, sizeof bytes, 256);
  say_events(fd);
  say_error(fd);
  take(fd, sizeof bytes, 256);

  check("sendto", sendto(fd, "second", 6, 0, sa(&to), to.length));
  check("the next tells it", sendto(fd, "unsent", 6, 0, sa(&to), to.length));
  say_events(fd);
  check("sendto", sendto(fd, "third", 5, 0, sa(&to), to.length));
  check("recv tells it", recv(fd, bytes, sizeof bytes, MSG_DONTWAIT));
  check("recv", recv(fd, bytes, sizeof bytes, MSG_DONTWAIT));
  say_events(fd);
  take(fd, 3, 256);
  say_error(fd);
  say_events(fd);
  take(fd, sizeof bytes, 20);
  say_error(fd);
  say_events(fd);

  memset(bytes, 'b', sizeof bytes);
  check("a long one", sendto(fd, bytes, sizeof bytes, 0, sa(&to), to.length));
  take(fd, sizeof bytes, 256);
  must(connect(fd, sa(&to), to.length) == 0);
  check("connected: send", send(fd, "peer", 4, 0));
  check("recv tells it", recv(fd, bytes, sizeof bytes, MSG_DONTWAIT));
  take(fd, sizeof bytes, 256);
  take(fd, sizeof bytes, 256);
  int server = socket(family, SOCK_DGRAM, 0);
  must(bind(server, sa(&to), to.length) == 0);
  check("somebody is there: send", send(fd, "hello", 5, 0));
  check("comes", recv(server, bytes, sizeof bytes, 0));
  struct name own = local_of(fd);
  check("answer", sendto(server, "hi", 2, 0, sa(&own), own.length));
  check("comes", recv(fd, bytes, sizeof bytes, 0));
  close(server);
  close(fd);
}

int main(void) {
  each_family(run);
  say("end");
}
