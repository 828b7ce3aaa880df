/* SPDX-License-Identifier: MIT
 * The bytes of the pipe that may be the last descriptor of a message. */
#ifndef PASS_PIPE_H
#define PASS_PIPE_H

#include <stdbool.h>

#include "spare.h"

/* Is the descriptor such a pipe? Reads it without taking anything out of it, unless it certainly is. `bytes` has `size` bytes; when the envelope
 * is longer it is replaced by pages. With `peek` what a second pipe cannot copy stays unread: then the infos come from the registry.
 * Returns the number of bytes, which may be no envelope, or -errno. */
long pass_read_envelope(int pipe, bool peek, struct spare *bytes, size_t size);

#endif
