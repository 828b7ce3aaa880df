/* SPDX-License-Identifier: MIT */
#ifndef TEXT_H
#define TEXT_H

#include "../wire/wire.h"

/* Where this library's text lies: from its first byte to the one behind the last. */
void text_bounds(u64 *start, u64 *end);

#endif
