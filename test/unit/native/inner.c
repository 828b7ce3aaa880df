/* SPDX-License-Identifier: MIT
 * A library that is loaded late and opens a socket. */
#include <sys/socket.h>

int inner(void);
int inner(void) { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }
