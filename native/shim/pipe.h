/* SPDX-License-Identifier: MIT
 * Pipes that hold an envelope. All >= 0 or -errno; signal-safe; close-on-exec from birth. */
#ifndef PIPE_H
#define PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A pipe that is being sent. */
struct parcel_pipe {
  int fd;
  bool kept;      /* it is used again once the receiver has emptied it */
  uint64_t inode; /* of a kept one; else 0 */
};

/* A pipe that holds the bytes. -ENOSPC when the user's pipes may not grow any more. Every pipe that was taken is given back after the send. */
int pipe_take(struct parcel_pipe *out, const uint8_t *bytes, size_t size);
void pipe_give(const struct parcel_pipe *p, bool sent);

/* Copies up to `size` bytes out of a pipe and leaves them in it. Never blocks, never touches what is no pipe. -EINVAL: not a pipe;
 * -EAGAIN: it is empty; -EMFILE and the like: there is no descriptor to do it with. */
long pipe_peek(int fd, uint8_t *to, size_t size);
/* True for a sender's kept pipe: what it holds is an envelope and is to be taken out. No pipe of a program has this mark. */
bool pipe_is_kept(int fd);
/* Takes up to `size` bytes out; fewer only at the end. */
long pipe_read(int fd, uint8_t *to, size_t size);
/* The bytes in the pipe, when it is made as pipe_take makes one; else -EINVAL. */
long pipe_looks_like_ours(int fd);

#endif
