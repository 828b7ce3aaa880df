/* SPDX-License-Identifier: MIT
 * SOL_SOCKET where a unix socket answers differently. */
#ifndef OPTION_SOCKET_H
#define OPTION_SOCKET_H

#include "sock.h"

/* Both return 0 or -errno; -ENOTTY: ask the unix socket. */
int option_socket_get(int fd, struct sock *s, const struct wire_info *info, int number, void *value, socklen_t *length);
int option_socket_set(int fd, struct sock *s, int number, const void *value, socklen_t length);

#endif
