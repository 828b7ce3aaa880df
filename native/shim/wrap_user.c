/* SPDX-License-Identifier: MIT
 * setuid and its family, and chroot: a server that gives up its rights stays in the network. */
#include <errno.h>

#include "enter.h"
#include "libc.h"
#include "root.h"
#include "user.h"

EXPORT int setgroups(size_t count, const gid_t *list) { return (int)shim_leave(user_set_groups(&user_process_calls, count, list)); }

EXPORT int getgroups(int count, gid_t list[]) { return (int)shim_leave(user_get_groups(count, list)); }

EXPORT int initgroups(const char *user, gid_t group) {
  int result = libc.initgroups(user, group);
  if (result == 0) user_leave_root(&user_process_calls);
  return result;
}

EXPORT int setuid(uid_t user) {
  if (user) user_leave_root(&user_process_calls);
  return libc.setuid(user);
}

EXPORT int seteuid(uid_t user) {
  if (user) user_leave_root(&user_process_calls);
  return libc.seteuid(user);
}

EXPORT int setreuid(uid_t real, uid_t effective) {
  if (effective && effective != (uid_t)-1) user_leave_root(&user_process_calls);
  return libc.setreuid(real, effective);
}

EXPORT int setresuid(uid_t real, uid_t effective, uid_t saved) {
  if (effective && effective != (uid_t)-1) user_leave_root(&user_process_calls);
  return libc.setresuid(real, effective, saved);
}

EXPORT int setfsuid(uid_t user) {
  if (user) user_leave_root(&user_process_calls);
  return libc.setfsuid(user);
}

EXPORT int chroot(const char *path) { return (int)shim_leave(root_change(path)); }
