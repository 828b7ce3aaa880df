/* SPDX-License-Identifier: MIT
 * Carriers and messages with descriptors. */
#ifndef PASSING_H
#define PASSING_H

#include <dirent.h>
#include <sys/resource.h>

#include "transcript.h"

static UNUSED const char *carrier_name(int type) { return type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "datagram" : "seqpacket"; }

struct carrier {
  int from, to;
};
static UNUSED struct carrier carrier_of(int type) {
  int ends[2];
  must(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
  return (struct carrier){ends[0], ends[1]};
}
static UNUSED void close_carrier(struct carrier c) {
  close(c.from);
  close(c.to);
}

enum { PASS_MAX = 256 };

static UNUSED ssize_t send_descriptors(int carrier, const int *fds, size_t count, int flags) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(PASS_MAX * sizeof(int))] = {0};
  struct iovec vector = {"m", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE(count * sizeof(int))};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(count * sizeof(int));
  memcpy(CMSG_DATA(head), fds, count * sizeof(int));
  return sendmsg(carrier, &message, flags);
}

/* Receives into exactly `room` bytes of control data; returns the number of descriptors or -1. */
struct received {
  ssize_t bytes;
  int count, flags;
  size_t control;
  char byte;
  int fds[PASS_MAX];
};
static UNUSED struct received receive_into(int carrier, size_t room, int flags) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(PASS_MAX * sizeof(int)) + 256];
  struct received r = {.byte = '?'};
  struct iovec vector = {&r.byte, 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
  r.bytes = recvmsg(carrier, &message, flags);
  if (r.bytes < 0) return r;
  r.flags = message.msg_flags;
  r.control = message.msg_controllen;
  for (struct cmsghdr *head = CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
    if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
    int count = (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(r.fds + r.count, CMSG_DATA(head), (size_t)count * sizeof(int));
    r.count += count;
  }
  return r;
}
static UNUSED struct received receive_descriptors(int carrier, int flags) {
  return receive_into(carrier, CMSG_SPACE(PASS_MAX * sizeof(int)), flags);
}
static UNUSED void say_received(const char *what, const struct received *r) {
  if (r->bytes < 0)
    say("%s: %s", what, strerrorname_np(errno));
  else
    say("%s: %zd bytes '%c', %d descriptors, flags %x, control %zu", what, r->bytes, r->byte, r->count, (unsigned)r->flags, r->control);
}
static UNUSED void close_received(const struct received *r) {
  for (int i = 0; i < r->count; i++) must(close(r->fds[i]) == 0);
}
/* One descriptor through a carrier of its own, received in this process. */
static UNUSED int pass_here(int fd, int type) {
  struct carrier c = carrier_of(type);
  must(send_descriptors(c.from, &fd, 1, 0) == 1);
  struct received r = receive_descriptors(c.to, MSG_CMSG_CLOEXEC);
  must(r.count == 1);
  close_carrier(c);
  return r.fds[0];
}

static int int_option(int fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, option, &value, &length) < 0 ? -errno : value;
}
/* All that a program may ask of a socket. */
static UNUSED void say_socket(const char *what, int fd) {
  struct stat status;
  must(fstat(fd, &status) == 0);
  if (!S_ISSOCK(status.st_mode)) {
    say("%s: %s", what,
        S_ISFIFO(status.st_mode)  ? "a pipe"
        : S_ISREG(status.st_mode) ? "a file"
        : S_ISCHR(status.st_mode) ? "a device"
                                  : "no socket");
    return;
  }
  int domain = int_option(fd, SOL_SOCKET, SO_DOMAIN);
  say("%s: domain %d type %d protocol %d listens %d", what, domain, int_option(fd, SOL_SOCKET, SO_TYPE),
      int_option(fd, SOL_SOCKET, SO_PROTOCOL), int_option(fd, SOL_SOCKET, SO_ACCEPTCONN));
  if (domain != AF_INET && domain != AF_INET6) return;
  say_local(what, fd);
  say_peer(what, fd);
  say("%s: reuseaddr %d reuseport %d ttl %d", what, int_option(fd, SOL_SOCKET, SO_REUSEADDR), int_option(fd, SOL_SOCKET, SO_REUSEPORT),
      int_option(fd, IPPROTO_IP, IP_TTL));
  if (int_option(fd, SOL_SOCKET, SO_TYPE) == SOCK_STREAM)
    say("%s: nodelay %d keepidle %d", what, int_option(fd, IPPROTO_TCP, TCP_NODELAY), int_option(fd, IPPROTO_TCP, TCP_KEEPIDLE));
}

/* Descriptors below 512 that are open: the shim's own are above. */
static UNUSED int open_descriptors(void) {
  int count = 0;
  for (int fd = 0; fd < 512; fd++) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

#endif
