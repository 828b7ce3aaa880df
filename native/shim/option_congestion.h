/* SPDX-License-Identifier: MIT
 * TCP_CONGESTION: the machine's standard algorithm, or the one that the program chose. Kept by name; nothing is congested here. */
#ifndef OPTION_CONGESTION_H
#define OPTION_CONGESTION_H

#include "sock.h"

/* Both 0 or -errno. */
int option_congestion_get(const struct sock *s, void *value, socklen_t *length);
int option_congestion_set(struct sock *s, const void *value, socklen_t length);

#endif
