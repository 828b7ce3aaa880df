/* SPDX-License-Identifier: MIT
 * The end of a socket's names. */
#include "endpoint.h"

#include "arena.h"
#include "kernel.h"
#include "multicast.h"
#include "names.h"
#include "spill.h"
#include "stream.h"

/* Others may have joined a socket with these options, unknown to it. */
static bool may_share(const struct wire_info *info) {
  return info->options[OPTION_reuseAddress] || info->options[OPTION_reusePort] || info->shareNumber;
}

/* The name of a socket that is bound to a multicast group: its alone. `look`: others may hold it. False for any other socket. */
static bool remove_group(const struct network *n, const struct wire_info *info, bool look) {
  struct address local = info_local(info);
  struct sockaddr_un un;
  if (!endpoint_is_group(info, &local)) return false;
  multicast_name(n, info, &un);
  if (look && directory_file_is_live(un.sun_path, USERS_ANY)) return true;
  spill_end(n, un.sun_path);
  kernel_unlink(un.sun_path);
  if (look && n->arena) arena_socket_remove(n->arena, info->cookie);
  if (look) multicast_forget(n, info->cookie);
  return true;
}

static void remove_names(const struct network *n, const struct wire_info *info) {
  struct names names;
  if (!names_again(n, info, &names)) return;
  int lock = may_share(info) ? directory_lock(n) : -1;
  names_remove(n, &names, info->shareNumber);
  directory_unlock(lock);
}

void endpoint_release(struct sock *s, const struct wire_info *info, bool open, struct endpoint_remains *remains) {
  struct network *n = s->network;
  bool shared = info->flags & FLAG_shared;
  if (atomic_load(&s->edge) & EDGE_HARD) stream_reset_peer(n, info);
  /* Somebody else has it since (pidfd_getfd). */
  if (!shared && n->arena && atomic_load(&s->registered)) shared = arena_socket_version(n->arena, info->cookie) > info->version;
  if (!shared && n->arena && atomic_load(&s->registered)) arena_socket_remove(n->arena, info->cookie);
  if (!shared && (info->flags & FLAG_member)) multicast_forget(n, info->cookie);
  if (!(info->flags & FLAG_named)) return;
  /* With SO_REUSEADDR a listener may have taken over the name of a connected socket (USERS_UNCONNECTED). */
  bool replaced = info->type == SOCK_STREAM && info->state == STATE_connected && !(info->flags & FLAG_autobound);
  if (shared || !open || replaced) {
    *remains = (struct endpoint_remains){.network = n, .info = *info};
    return;
  }
  if (!remove_group(n, info, false)) remove_names(n, info);
}

void endpoint_leave_names(int fd, struct sock *s) {
  struct wire_info info;
  sock_read(s, &info);
  if (!(info.flags & FLAG_named) || (info.flags & FLAG_shared)) return;
  remove_names(s->network, &info);
  sock_begin(s);
  s->info.flags &= (u16)~FLAG_named;
  sock_end(s);
  if (atomic_load(&s->registered)) endpoint_publish(fd, s);
}

void endpoint_reap(const struct endpoint_remains *remains) {
  struct network *n = remains->network;
  const struct wire_info *info = &remains->info;
  struct names names;
  if (!n || remove_group(n, info, true) || !names_again(n, info, &names)) return;
  int lock = directory_lock(n);
  if (lock < 0) return;
  enum directory_users users = info->state == STATE_listening ? USERS_UNCONNECTED : USERS_ANY;
  struct name bound = names.real_name;
  struct sockaddr_un un;
  bound.number = info->shareNumber;
  name_write(&n->world, &bound, &un);
  if (!directory_file_is_live(un.sun_path, users)) {
    names_remove(n, &names, info->shareNumber);
    if (n->arena) arena_socket_remove(n->arena, info->cookie);
    if (info->flags & FLAG_member) multicast_forget(n, info->cookie);
  }
  directory_unlock(lock);
}
