/* SPDX-License-Identifier: MIT */
#include "courier.h"

#include <errno.h>
#include <unistd.h>

#include "journal.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "root.h"
#include "table.h"

enum { TRIES = 64 };

static int courier_open(const struct network *n, const struct courier_label *label) {
  static __thread u32 serial;
  int fd = kernel_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC);
  if (fd < 0) return fd;
  int result = -EADDRINUSE;
  for (int i = 0; i < TRIES && result == -EADDRINUSE; i++) {
    struct sockaddr_un un;
    socklen_t length = courier_write(&n->world, label, (u64)journal_tid() << 32 | serial++, &un);
    result = kernel_bind(fd, &un, length);
  }
  if (result == 0) return fd;
  kernel_close(fd);
  return result;
}

long courier_send(const struct network *n, const struct courier_label *label, const struct sockaddr_un *to, const struct msghdr *message) {
  int fd = courier_open(n, label);
  if (fd < 0) return fd;
  struct msghdr copy = *message;
  copy.msg_name = (void *)to;
  copy.msg_namelen = sizeof *to;
  long result = root_send(fd, &copy, MSG_DONTWAIT | MSG_NOSIGNAL);
  kernel_close(fd);
  return result;
}

long courier_ride(const struct network *n, const struct courier_label *label, int fd, const struct msghdr *message, int flags) {
  union {
    struct cmsghdr head;
    uint8_t bytes[CMSG_SPACE(sizeof(int))];
  } control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
  int courier = courier_open(n, label);
  if (courier < 0) return root_send(fd, message, flags);
  memcpy(CMSG_DATA(&control.head), &courier, sizeof courier);
  struct msghdr copy = *message;
  copy.msg_control = &control;
  copy.msg_controllen = sizeof control;
  long result = root_send(fd, &copy, flags);
  if (result == -ETOOMANYREFS) result = root_send(fd, message, flags);
  kernel_close(courier);
  return result;
}

bool courier_met(const struct name_world *world, int fd, struct courier_label *out) {
  struct sockaddr_un un;
  socklen_t length = sizeof un;
  return kernel_getsockname(fd, &un, &length) == 0 && un.sun_family == AF_UNIX && courier_read(world, &un, length, out);
}
