/* SPDX-License-Identifier: MIT */
#include "renew.h"

#include <string.h>

#include "endpoint.h"
#include "kernel.h"
#include "kernel_socket.h"
#include "option.h"
#include "option_local.h"
#include "signal_driven.h"
#include "table.h"
#include "watch.h"

struct renewal {
  struct sock *old, *new;
  int first; /* the descriptor that got the new socket first, -1 for none */
  int fd;
  int error;
};

static void give(int fd, struct sock *s, void *context) {
  struct renewal *r = context;
  if (s != r->old || r->error) return;
  struct watches watches;
  int flags = kernel_fcntl(fd, F_GETFD, 0);
  if (flags >= 0) watch_take(fd, &watches);
  long result = flags < 0 ? flags : kernel_dup3(r->fd, fd, flags & FD_CLOEXEC ? O_CLOEXEC : 0);
  if (flags >= 0) watch_give(fd, &watches);
  if (result < 0) {
    r->error = (int)result;
  } else if (r->first < 0) {
    table_install(fd, r->new);
    r->first = fd;
  } else {
    table_copy(r->first, fd);
  }
}

static int socket_like(int fd, const struct wire_info *info, bool *is_driven) {
  int flags = kernel_fcntl(fd, F_GETFL, 0);
  *is_driven = flags >= 0 && (flags & O_ASYNC);
  int fresh = kernel_socket(AF_UNIX, info->type | SOCK_CLOEXEC | (flags >= 0 && (flags & O_NONBLOCK) ? SOCK_NONBLOCK : 0));
  if (fresh >= 0) signal_driven_copy(fd, fresh);
  return fresh;
}

/* Before the old socket ends: a thread that sleeps in a call on it keeps it alive for a moment longer, and its names would look in use. */
static void leave_names(struct sock *s, const struct wire_info *info) {
  if (info->flags & FLAG_shared) return;
  struct endpoint_remains remains = {.network = NULL};
  endpoint_release(s, info, true, &remains);
  if (remains.network) return;
  sock_begin(s);
  s->info.flags &= (u16)~FLAG_named;
  sock_end(s);
}

struct sock *renew(int fd, struct sock *s) {
  if (table_in_vfork_child) return NULL;
  struct wire_info info;
  sock_read(s, &info);
  struct renewal r = {.old = s, .new = table_new(s->network), .first = -1};
  if (!r.new) return NULL;
  struct wire_info fresh = {.family = info.family, .type = info.type, .protocol = info.protocol, .host = info.host};
  bool dual = info.family == AF_INET6 && !((info.optionMask & 1u << OPTION_v6Only) && info.options[OPTION_v6Only]);
  fresh.flags = (u16)((info.flags & FLAG_inherit) | (dual ? FLAG_dualStack : 0));
  fresh.optionMask = info.optionMask;
  memcpy(fresh.options, info.options, sizeof info.options);
  sock_write(r.new, &fresh);
  option_local_copy(r.new, s);
  bool is_driven;
  r.fd = socket_like(fd, &info, &is_driven);
  if (r.fd >= 0) {
    if (info.flags & FLAG_inherit) option_inherit(fd, r.fd);
    if (info.options[OPTION_reuseAddress] || info.options[OPTION_reusePort]) endpoint_mark(r.fd, r.new, false);
    leave_names(s, &info);
    table_each(give, &r);
    kernel_close(r.fd);
    if (is_driven && r.first >= 0) signal_driven_start(fd);
  }
  if (r.first >= 0) return r.new;
  table_release(r.new);
  return NULL;
}
