/* SPDX-License-Identifier: MIT
 * Short texts without stdio: paths in /proc, numbers in records. The caller's buffer is large enough. Signal-safe: yes. */
#ifndef WORDS_H
#define WORDS_H

#include <string.h>

#include "../wire/wire.h"

/* Room for any number in decimal and its final zero. */
enum { WORDS_NUMBER_SIZE = 21 };

/* Both return where the final zero is. */
static inline char *words_append(char *to, const char *text) {
  size_t length = strlen(text);
  memcpy(to, text, length + 1);
  return to + length;
}

static inline char *words_append_number(char *to, u64 value) {
  char digits[WORDS_NUMBER_SIZE];
  int count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while (value /= 10);
  while (count) *to++ = digits[--count];
  *to = 0;
  return to;
}

#endif
