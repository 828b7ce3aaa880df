/* SPDX-License-Identifier: MIT
 * Room in a full registry: entries of sockets that no process holds any more. A socket that several processes held is in nobody's hands
 * to remove, so its entry stays until the kernel no longer lists its inode. */
#ifndef SWEEP_H
#define SWEEP_H

#include "arena.h"

/* Removes the entries whose inode is not in /proc/net/unix; when the kernel can't be asked, none. Signal-safe: yes. */
void sweep_registry(struct arena *a);

#endif
