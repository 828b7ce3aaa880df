/* SPDX-License-Identifier: MIT
 * Options whose answers never change: without effect between unix sockets, for other kinds of sockets, or not for ordinary programs. */
#ifndef OPTION_FIXED_H
#define OPTION_FIXED_H

#include "sock.h"

/* Both return 0 or -errno; -ENOTTY: not one of them. */
int option_fixed_get(const struct wire_info *info, int level, int number, void *value, socklen_t *length);
int option_fixed_set(const struct wire_info *info, int level, int number, const void *value, socklen_t length);

#endif
