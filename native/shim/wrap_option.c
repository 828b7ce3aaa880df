/* SPDX-License-Identifier: MIT
 * getsockopt, setsockopt, ioctl, fcntl. */
#include <errno.h>
#include <linux/sockios.h>
#include <stdarg.h>

#include "endpoint.h"
#include "consume.h"
#include "enter.h"
#include "interface.h"
#include "libc.h"
#include "option.h"
#include "stream.h"
#include "table.h"

/* The requests of sockets and network devices: 0x89xx. */
static const unsigned long SIOCDEVICE = 0x8900;

EXPORT int getsockopt(int fd, int level, int number, void *value, socklen_t *length) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.getsockopt(fd, level, number, value, length);
  sock_refresh(s);
  int result = option_get(fd, s, level, number, value, length);
  return result == -ENOTTY ? libc.getsockopt(fd, level, number, value, length) : (int)shim_leave(result);
}

/* With no time to linger, TCP ends with a reset. */
static void note_linger(struct sock *s, const struct linger *value) {
  if (value->l_onoff && value->l_linger == 0)
    atomic_fetch_or(&s->edge, EDGE_HARD);
  else
    atomic_fetch_and(&s->edge, ~(u32)EDGE_HARD);
}

EXPORT int setsockopt(int fd, int level, int number, const void *value, socklen_t length) {
  struct sock *s = table_find_checked(fd);
  if (!s) return libc.setsockopt(fd, level, number, value, length);
  sock_refresh(s);
  int result = option_set(fd, s, level, number, value, length);
  if (result == -ENOTTY) {
    result = (int)REAL(libc.setsockopt(fd, level, number, value, length));
    if (result == 0 && level == SOL_SOCKET && number == SO_LINGER) note_linger(s, value);
    if (result < 0 || !option_is_inherited(level, number) || (s->info.flags & FLAG_inherit)) return (int)shim_leave(result);
    sock_begin(s);
    s->info.flags |= FLAG_inherit;
    sock_end(s);
  }
  /* The other holders must hear of it. */
  if (result == 0 && (s->info.flags & FLAG_shared) && atomic_load(&s->registered)) endpoint_publish(fd, s);
  return (int)shim_leave(result);
}

/* Any socket may be asked for interfaces, also one that is not ours. */
static bool device_ioctl(int fd, unsigned long request, void *argument, int *result) {
  struct sock *s = table_find(fd);
  struct network *n = s ? s->network : network_current();
  int type;
  socklen_t length = sizeof type;
  if (!n || !n->arena || REAL(libc.getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length)) < 0) return false;
  return interface_ioctl(n, request, argument, result);
}

/* What a unix socket does not know, or counts in its own way: loopback TCP has sent everything, and only TCP has a mark. */
static bool queue_ioctl(int fd, bool datagram, unsigned long request, void *argument, int *result) {
  if (request == SIOCATMARK && datagram) {
    *result = -ENOTTY;
  } else if (request == SIOCOUTQ || (request == SIOCOUTQNSD && !datagram)) {
    struct sock *s = table_find_checked(fd);
    if (!s) return false;
    bool listening = !datagram && s->info.state == STATE_listening;
    *result = listening ? -EINVAL : !argument ? -EFAULT : 0;
    if (*result == 0) *(int *)argument = 0;
  } else {
    return false;
  }
  return true;
}

EXPORT int ioctl(int fd, unsigned long request, ...) {
  va_list arguments;
  va_start(arguments, request);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int result;
  if ((request & ~0xfful) == SIOCDEVICE && device_ioctl(fd, request, argument, &result)) return (int)shim_leave(result);
  u32 entry = table_entry(fd);
  if (entry && queue_ioctl(fd, entry & TABLE_DATAGRAM, request, argument, &result)) return (int)shim_leave(result);
  if (!entry || request != FIONBIO) return libc.ioctl(fd, request, argument);
  int before = consume_flags(fd);
  result = libc.ioctl(fd, request, argument);
  if (result >= 0) consume_altered(fd, before);
  return result;
}

EXPORT int fcntl(int fd, int command, ...) {
  va_list arguments;
  va_start(arguments, command);
  void *argument = va_arg(arguments, void *);
  va_end(arguments);
  int before = command == F_SETFL ? consume_flags(fd) : -1;
  int result = libc.fcntl(fd, command, argument);
  if (result >= 0) consume_altered(fd, before);
  if (result >= 0 && (command == F_DUPFD || command == F_DUPFD_CLOEXEC)) table_copy(fd, result);
  return result;
}

EXPORT int fcntl64(int fd, int command, ...) __attribute__((alias("fcntl")));
