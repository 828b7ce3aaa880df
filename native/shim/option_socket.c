/* SPDX-License-Identifier: MIT */
#include "kernel.h"
#include "option_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include <linux/net_tstamp.h>

#include "datagram.h"
#include "error_queue.h"
#include "kernel_socket.h"
#include "option_value.h"
#include "stream.h"

/* Newer than the headers of many machines. */
enum { PASS_PIDFD = 76, PEER_PIDFD = 77, TIMESTAMPING_NEW = 65 };

static int get_error(int fd, struct sock *s, void *value, socklen_t *length) {
  if (s->info.type == SOCK_STREAM) return option_answer_int(value, length, -stream_take_error(fd, s));
  int pending = datagram_take_error(fd, s), kernel = 0;
  socklen_t size = sizeof kernel;
  if (pending == 0 && error_queue_waits(s)) {
    datagram_clear_error(fd, s);
    return option_answer_int(value, length, 0);
  }
  if (pending == 0) kernel_getsockopt(fd, SOL_SOCKET, SO_ERROR, &kernel, &size);
  /* Another holder of the socket was refused: datagram_report_refused. */
  if (kernel == ECONNRESET) kernel = ECONNREFUSED;
  return option_answer_int(value, length, pending ? -pending : kernel);
}

/* getpeername by another name; here too much room is an error. */
static int get_peer(int fd, struct sock *s, const struct wire_info *info, void *value, socklen_t *length) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  if (info->state != STATE_connected || (info->type == SOCK_STREAM && stream_state(fd, s) == TCP_CLOSE)) return -ENOTCONN;
  struct address a = info_peer(info);
  address_write(&a, info->family, (struct sockaddr *)&peer, &size);
  return *length > size ? -EINVAL : option_answer(value, length, &peer, size);
}

/* What belongs to unix sockets only. */
static bool is_of_unix(int number) { return number == SO_PASSCRED || number == SO_PASSSEC || number == PASS_PIDFD; }

int option_socket_get(int fd, struct sock *s, const struct wire_info *info, int number, void *value, socklen_t *length) {
  /* An inet socket has no peer credentials. */
  struct ucred nobody = {.pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1};
  if (is_of_unix(number)) return -EOPNOTSUPP;
  switch (number) {
    case SO_DOMAIN: return option_answer_int(value, length, info->family);
    case SO_PROTOCOL: return option_answer_int(value, length, info->protocol);
    case SO_ERROR: return get_error(fd, s, value, length);
    case SO_PEERCRED: return option_answer(value, length, &nobody, sizeof nobody);
    case SO_PEERNAME: return get_peer(fd, s, info, value, length);
    case SO_PEERGROUPS:
    case PEER_PIDFD: return -ENODATA;
    default: return -ENOTTY;
  }
}

/* Newer kernels let only the privileged filter what TCP receives. Whether this one does, a socket of that kind knows. */
static bool is_filter_refused(const struct sock *s, const void *value, socklen_t length) {
  int real = (int)kernel_call(SYS_socket, s->info.family, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);
  if (real < 0) return false;
  int result = kernel_setsockopt(real, SOL_SOCKET, SO_ATTACH_FILTER, value, length);
  kernel_close(real);
  return result == -EPERM;
}

int option_socket_set(int fd, struct sock *s, int number, const void *value, socklen_t length) {
  int set, result;
  bool stream = s->info.type == SOCK_STREAM;
  switch (number) {
    case SO_ATTACH_FILTER: return stream && is_filter_refused(s, value, length) ? -EPERM : -ENOTTY;
    /* Its completions would never come; a program goes on without it. */
    case SO_ZEROCOPY: return -EOPNOTSUPP;
    case SO_PASSCRED:
    case SO_PASSSEC:
    case PASS_PIDFD: result = option_read_int(SOL_SOCKET, number, value, length, &set); return result < 0 ? result : -EOPNOTSUPP;
    case SO_TIMESTAMPING:
    case TIMESTAMPING_NEW:
      /* Numbers of bytes start with the connection (sock_set_timestamping). */
      if (!stream || option_read_int(SOL_SOCKET, number, value, length, &set) < 0 || !(set & SOF_TIMESTAMPING_OPT_ID)) return -ENOTTY;
      result = stream_state(fd, s);
      return result == TCP_CLOSE || result == TCP_LISTEN ? -EINVAL : -ENOTTY;
    default: return -ENOTTY;
  }
}
