/* SPDX-License-Identifier: MIT
 * The file in which datagrams wait for one receiver: q<inode of its name, 16 hex digits>. Locked while it is open. */
#ifndef SPILL_FILE_H
#define SPILL_FILE_H

#include <limits.h>
#include <sys/types.h>

#include "network.h"
#include "spill_format.h"

struct spill {
  const struct network *network;
  int fd;
  u64 signals;
  char path[PATH_MAX];
  struct spill_head head;
};

/* 0; -ENOENT: nothing waits there (and `make` is false); else -errno. */
int spill_open(const struct network *n, ino_t inode, bool make, struct spill *out);
/* By the name of such a file. */
int spill_open_file(const struct network *n, const char *file, struct spill *out);
/* An empty file goes: what is asked of the directory is asked only while one is there. */
void spill_close(struct spill *f);
static inline bool spill_is_empty(const struct spill *f) { return f->head.begin == f->head.end; }
/* A datagram for which there is no room, in the queue or on the disk, is dropped. */
void spill_append(struct spill *f, const struct courier_label *label, const struct msghdr *message, size_t size);
/* What lies before `begin` now has been moved; it began at `before`. */
void spill_moved(struct spill *f, u64 before);
/* Whoever waited there waits for nobody: the file goes. */
void spill_discard(struct spill *f);

/* Counts the queues that have spilled. Whoever adds one has made its file before, and removes it later. */
void spill_count(const struct network *n);
void spill_uncount(const struct network *n);

#endif
