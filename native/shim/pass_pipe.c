/* SPDX-License-Identifier: MIT */
#include "pass_pipe.h"

#include <errno.h>
#include <string.h>

#include "enter.h"
#include "envelope.h"
#include "kernel.h"
#include "libc.h"
#include "pipe.h"

/* Room for an envelope that is longer than `size`; the first `got` bytes go along. False when there is none. */
static bool enlarge(struct spare *bytes, size_t size, size_t got, size_t claimed) {
  if (claimed <= size) return true;
  struct spare more = spare_take(NULL, 0, claimed);
  if (!more.at) return false;
  memcpy(more.at, bytes->at, got);
  *bytes = more;
  return true;
}

/* From a pipe that the sender keeps: one read in most cases, which is all that tells the sender that it may use the pipe again. */
static long take_envelope(int pipe, struct spare *bytes, size_t size) {
  long got = kernel_read(pipe, bytes->at, size);
  size_t claimed = got > 0 ? envelope_claimed_size(bytes->at, (size_t)got) : 0;
  if (got <= 0 || claimed <= (size_t)got) return got;
  if (!enlarge(bytes, size, (size_t)got, claimed)) return -ENOMEM;
  long rest = pipe_read(pipe, bytes->at + got, claimed - (size_t)got);
  return rest < 0 ? rest : got + rest;
}

long pass_read_envelope(int pipe, bool peek, struct spare *bytes, size_t size) {
  if (!peek && pipe_is_kept(pipe)) return take_envelope(pipe, bytes, size);
  long got = pipe_peek(pipe, bytes->at, size);
  if (got == -EMFILE || got == -ENFILE) {
    /* No descriptor left to look with: the pipe's length and flags must do. */
    long waiting = pipe_looks_like_ours(pipe);
    if (peek || waiting < (long)sizeof(struct wire_envelope) || waiting > (long)ENVELOPE_SIZE_MAX) return -EINVAL;
    *bytes = spare_take(bytes->at, size, (size_t)waiting);
    return bytes->at ? kernel_read(pipe, bytes->at, (size_t)waiting) : -ENOMEM;
  }
  size_t claimed = got > 0 ? envelope_claimed_size(bytes->at, (size_t)got) : 0;
  if (claimed <= size || !enlarge(bytes, size, 0, claimed)) return got;
  long whole = pipe_peek(pipe, bytes->at, claimed);
  if (whole >= 0 && (size_t)whole < claimed && !peek) whole = pipe_read(pipe, bytes->at, claimed);
  return whole;
}
