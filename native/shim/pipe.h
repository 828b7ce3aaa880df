/* SPDX-License-Identifier: MIT
 * Pipes that hold an envelope. All >= 0 or -errno; signal-safe; close-on-exec from birth. */
#ifndef PIPE_H
#define PIPE_H

#include <stddef.h>
#include <stdint.h>

/* The read end of a new pipe that holds the bytes; the write end is closed. -ENOSPC when the user's pipes may not grow any more. */
int pipe_holding(const uint8_t *bytes, size_t size);
/* Copies up to `size` bytes out of a pipe and leaves them in it. Never blocks, never touches what is no pipe. -EINVAL: not a pipe;
 * -EAGAIN: it is empty; -EMFILE and the like: there is no descriptor to do it with. */
long pipe_peek(int fd, uint8_t *to, size_t size);
/* The bytes in the pipe, when it is made as pipe_holding makes one; else -EINVAL. */
long pipe_looks_like_ours(int fd);

#endif
