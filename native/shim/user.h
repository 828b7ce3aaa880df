/* SPDX-License-Identifier: MIT
 * Processes of several users in one network. Its directory is its owner's alone until a privileged process of the network is about to
 * become another user: then the directory gets a group of the network's own, which the process takes along among its supplementary groups.
 * Users whom no process of the network has become have no way in. Signal-safe: yes. */
#ifndef USER_H
#define USER_H

#include "network.h"

/* How the groups are asked and set: by libc for the process, by the system calls for the thread. >= 0 or -errno. */
struct user_calls {
  int (*get)(int count, gid_t *list);
  int (*set)(size_t count, const gid_t *list);
};
extern const struct user_calls user_process_calls, user_thread_calls;

/* Before a privileged process becomes another user: opens the network and takes its group. Nothing happens without rights or network. */
void user_leave_root(const struct user_calls *calls);
/* setgroups(2) with the network's group among the new ones. >= 0 or -errno. */
int user_set_groups(const struct user_calls *calls, size_t count, const gid_t *list);
/* getgroups(2) as the program knows it. >= 0 or -errno. */
int user_get_groups(int count, gid_t *list);

/* After bind(2): the name is for all users of the network, and has its marks (crowd.h), whatever the umask. */
void user_share_name(int fd, const struct network *n, const char *path);
/* After EACCES: true when the umask of the caller's own user was the reason, and is no more. */
bool user_open_name(const char *path);
/* For a directory that was made in the network's. */
void user_share_directory(const struct network *n, const char *path);

#endif
