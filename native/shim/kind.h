/* SPDX-License-Identifier: MIT
 * Which kinds of sockets there are in a network. */
#ifndef KIND_H
#define KIND_H

#include <stdbool.h>

/* TCP (also as MPTCP, which is TCP here) and UDP: the protocol. Everything else: the -errno of a kernel that lacks it, or that lets nobody. */
int kind_inet(int family, int type, int protocol);
/* Sockets that are not of inet: 0 where they stay within the machine and are the kernel's, else -errno. */
int kind_other(bool in_network, int family);

#endif
