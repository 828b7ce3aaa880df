/* SPDX-License-Identifier: MIT
 * Many descriptors in one message: 1 to 254, several headers, one socket twice, copies, files and pipes between sockets. */
#include "passing.h"

static void say_each(const struct received *r) {
  for (int i = 0; i < r->count; i++) {
    char what[16];
    snprintf(what, sizeof what, "[%d]", i);
    say_socket(what, r->fds[i]);
  }
}

static void send_count(int count) {
  struct carrier c = carrier_of(SOCK_STREAM);
  int fds[PASS_MAX], base = open_descriptors();
  for (int i = 0; i < count; i++) fds[i] = bound(i % 2 ? AF_INET : AF_INET6, i % 3 ? SOCK_STREAM : SOCK_DGRAM, "x");
  check("sent", send_descriptors(c.from, fds, (size_t)count, 0));
  struct received r = receive_descriptors(c.to, MSG_DONTWAIT);
  say_received("received", &r);
  int same = 0;
  for (int i = 0; i < r.count; i++) {
    struct name one = local_of(fds[i]), other = local_of(r.fds[i]);
    same += one.length == other.length && memcmp(&one.at, &other.at, one.length) == 0 &&
            int_option(fds[i], SOL_SOCKET, SO_TYPE) == int_option(r.fds[i], SOL_SOCKET, SO_TYPE);
  }
  say("%d of %d equal", same, r.count);
  close_received(&r);
  for (int i = 0; i < count; i++) close(fds[i]);
  say("%d more descriptors are open", open_descriptors() - base);
  close_carrier(c);
}

static void headers(void) {
  struct carrier c = carrier_of(SOCK_SEQPACKET);
  int listening = listener(AF_INET), null = open("/dev/null", O_RDONLY | O_CLOEXEC), other = bound(AF_INET6, SOCK_DGRAM, "server");
  int ends[2];
  must(pipe2(ends, O_CLOEXEC) == 0);
  int first[] = {null, listening}, second[] = {ends[1], listening, dup(listening)}, third[] = {other};
  _Alignas(struct cmsghdr) char control[256] = {0};
  struct iovec vector = {"h", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  size_t used = 0;
  const struct {
    const int *fds;
    size_t size;
  } parts[] = {{first, sizeof first}, {second, sizeof second}, {third, sizeof third}};
  for (int i = 0; i < 3; i++) {
    struct cmsghdr *head = (struct cmsghdr *)(control + used);
    *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(parts[i].size)};
    memcpy(CMSG_DATA(head), parts[i].fds, parts[i].size);
    used += CMSG_SPACE(parts[i].size);
  }
  /* Exactly, with and without the last padding, and with a rest too short for a header. */
  const size_t lengths[] = {used, used - CMSG_SPACE(sizeof third) + CMSG_LEN(sizeof third), used + 8, used + 15};
  for (int i = 0; i < 4; i++) {
    message.msg_controllen = lengths[i];
    check("three headers", sendmsg(c.from, &message, 0));
    struct received r = receive_descriptors(c.to, MSG_DONTWAIT);
    say_received("received", &r);
    say_each(&r);
    close_received(&r);
  }
  /* Two equal sockets are one: an option set on one is seen on the other. */
  int twice[] = {other, other};
  must(send_descriptors(c.from, twice, 2, 0) == 1);
  struct received r = receive_descriptors(c.to, 0);
  must(r.count == 2 && setsockopt(r.fds[0], IPPROTO_IPV6, IPV6_RECVPKTINFO, &(int){1}, sizeof(int)) == 0);
  say("option %d %d %d", int_option(r.fds[0], IPPROTO_IPV6, IPV6_RECVPKTINFO), int_option(r.fds[1], IPPROTO_IPV6, IPV6_RECVPKTINFO),
      int_option(other, IPPROTO_IPV6, IPV6_RECVPKTINFO));
  close_received(&r);
  close_carrier(c);
}

static void malformed(void) {
  struct carrier c = carrier_of(SOCK_STREAM);
  int fd = bound(AF_INET, SOCK_STREAM, "x"), base = open_descriptors();
  _Alignas(struct cmsghdr) char control[64] = {0};
  struct iovec vector = {"h", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(sizeof fd)};
  struct cmsghdr *head = (struct cmsghdr *)control;
  static const size_t lengths[] = {0, 1, 15, 16, 17, 19, 20, 21, 24, 25, 64, SIZE_MAX};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = lengths[i]};
    memcpy(CMSG_DATA(head), &fd, sizeof fd);
    char what[32];
    snprintf(what, sizeof what, "cmsg_len %zd", (ssize_t)lengths[i]);
    if (check(what, sendmsg(c.from, &message, 0)) != 1) continue;
    struct received r = receive_descriptors(c.to, MSG_DONTWAIT);
    say_received("received", &r);
    close_received(&r);
  }
  int closed = dup(fd), bad[] = {fd, closed};
  close(closed);
  check("a closed descriptor", send_descriptors(c.from, bad, 2, 0));
  check("no descriptor", send_descriptors(c.from, bad, 0, 0));
  message.msg_controllen = 0;
  check("control of no length", sendmsg(c.from, &message, 0));
  say("%d more descriptors are open", open_descriptors() - base);
  close(fd);
  close_carrier(c);
}

int main(void) {
  static const int counts[] = {1, 2, 3, 16, 17, 40, 100, 251, 252, 253, 254};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    say("%d descriptors", counts[i]);
    send_count(counts[i]);
  }
  headers();
  malformed();
  say("end");
}
