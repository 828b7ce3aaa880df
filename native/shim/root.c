/* SPDX-License-Identifier: MIT */
#include "root.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "enter.h"
#include "errand.h"
#include "libc.h"
#include "log.h"
#include "network.h"
#include "table.h"
#include "wrap.h"

static bool is_root(int fd) {
  struct stat before, now;
  return REAL(fstat(fd, &before)) == 0 && REAL(stat("/", &now)) == 0 && before.st_ino == now.st_ino && before.st_dev == now.st_dev;
}

int root_change(const char *path) {
  /* The child of vfork has descriptors of its own, and our memory. */
  if (!network_current() || kernel_root >= 0 || table_in_vfork_child) return (int)REAL(libc.chroot(path));
  int before = table_own(kernel_open("/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0)), result = (int)REAL(libc.chroot(path));
  if (before < 0) {
    if (result == 0)
      LOG(LOG_ERROR, "no descriptor for the root directory (errno %d): after its chroot this process is out of reach", -before);
  } else if (result < 0 || is_root(before)) {
    kernel_close(before);
  } else {
    __atomic_store_n(&kernel_root, before, __ATOMIC_RELEASE);
  }
  return result;
}

void root_make_way(int fd) {
  if (!root_is(fd)) return;
  int other = table_own(kernel_fcntl(fd, F_DUPFD_CLOEXEC, fd + 1));
  if (other >= 0) __atomic_store_n(&kernel_root, other, __ATOMIC_RELEASE);
}

int root_close_range(unsigned first, unsigned last, int flags) {
  int root = __atomic_load_n(&kernel_root, __ATOMIC_RELAXED);
  if (root < 0 || first > (unsigned)root || last < (unsigned)root) return libc.close_range(first, last, flags);
  int result = 0;
  if (first < (unsigned)root) result = libc.close_range(first, (unsigned)root - 1, flags);
  return result == 0 && last > (unsigned)root ? libc.close_range((unsigned)root + 1, last, flags) : result;
}

struct named_call {
  long number;
  int root, fd;
  long second, third; /* arguments */
  long result;
};

static void make_call(void *context) {
  struct named_call *c = context;
  c->result = kernel_call(SYS_fchdir, c->root, 0, 0, 0, 0, 0);
  if (c->result == 0) c->result = kernel_call(c->number, c->fd, c->second, c->third, 0, 0, 0);
}

static long from_root(long number, int root, int fd, const void *second, long third) {
  struct named_call call = {.number = number, .root = root, .fd = fd, .second = (long)second, .third = third};
  int result = errand_run(make_call, &call);
  return result < 0 ? result : call.result;
}

/* The old root, and the name as it is from there; negative when the name as it is will do. */
static int without_slash(const struct sockaddr_un *name, socklen_t length, struct sockaddr_un *out) {
  int root = __atomic_load_n(&kernel_root, __ATOMIC_ACQUIRE);
  if (root < 0 || length <= sizeof name->sun_family || name->sun_path[0] != '/') return -1;
  memset(out, 0, sizeof *out);
  out->sun_family = AF_UNIX;
  memcpy(out->sun_path, name->sun_path + 1, (length < sizeof *out ? length : sizeof *out) - offsetof(struct sockaddr_un, sun_path) - 1);
  return root;
}

int root_bind(int fd, const struct sockaddr_un *name, socklen_t length) {
  struct sockaddr_un un;
  int root = without_slash(name, length, &un);
  if (root < 0) return wrap_is_sandboxed ? kernel_bind(fd, name, length) : (int)REAL(libc.bind(fd, (const struct sockaddr *)name, length));
  return (int)from_root(SYS_bind, root, fd, &un, sizeof un);
}

int root_connect(int fd, const struct sockaddr_un *to, socklen_t length) {
  struct sockaddr_un un;
  int root = without_slash(to, length, &un);
  if (root < 0) return (int)REAL(libc.connect(fd, (const struct sockaddr *)to, length));
  return (int)from_root(SYS_connect, root, fd, &un, sizeof un);
}

int root_probe(int fd, const struct sockaddr_un *to, socklen_t length) {
  struct sockaddr_un un;
  int root = without_slash(to, length, &un);
  return root < 0 ? kernel_connect(fd, to, length) : (int)from_root(SYS_connect, root, fd, &un, sizeof un);
}

long root_send(int fd, const struct msghdr *message, int flags) {
  struct sockaddr_un un;
  int root = message->msg_name ? without_slash(message->msg_name, message->msg_namelen, &un) : -1;
  if (root < 0) return wrap_sendmsg(fd, message, flags);
  struct msghdr copy = *message;
  copy.msg_name = &un;
  copy.msg_namelen = sizeof un;
  return from_root(SYS_sendmsg, root, fd, &copy, flags);
}
