/* SPDX-License-Identifier: MIT
 * Options that have no effect between unix sockets and that a program may read back: kept by this process and its children, not passed on. */
#ifndef OPTION_LOCAL_H
#define OPTION_LOCAL_H

#include "sock.h"

/* Index of the option for this kind of socket, or -1. */
int option_local_find(const struct wire_info *info, int level, int number);
int option_local_get(const struct sock *s, int index);
/* As setsockopt(2): 0 or -errno. */
int option_local_set(struct sock *s, int index, int value);

#endif
