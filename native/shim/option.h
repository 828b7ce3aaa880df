/* SPDX-License-Identifier: MIT
 * Socket options that a unix socket does not have: kept in the info, answered as the kernel answers them for TCP and UDP. */
#ifndef OPTION_H
#define OPTION_H

#include "sock.h"

/* Both return 0 or -errno. -ENOTTY: not one of ours, ask the unix socket. */
int option_get(int fd, struct sock *s, int level, int number, void *value, socklen_t *length);
int option_set(int fd, struct sock *s, int level, int number, const void *value, socklen_t length);
/* Options of SOL_SOCKET that a connection has from its listener. option_inherit copies them all; it is called only when one was ever set. */
bool option_is_inherited(int level, int number);
void option_inherit(int listener, int accepted);

#endif
