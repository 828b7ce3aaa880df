/* SPDX-License-Identifier: MIT
 * The kernel's list of unix sockets, /proc/net/unix: right for sockets of killed processes and of other programs as well. Signal-safe: yes. */
#ifndef UNIX_LIST_H
#define UNIX_LIST_H

#include <stdbool.h>

#include "../wire/wire.h"

struct unix_socket {
  u64 inode;
  bool listening, connected;
  const char *path; /* as bound; "" for none */
};

/* Calls `visit` for each socket of the machine's network namespace until it answers true. Returns what it answered last, -1 when the
 * kernel can't be asked. */
int unix_list(bool (*visit)(const struct unix_socket *s, void *context), void *context);

#endif
