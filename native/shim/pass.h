/* SPDX-License-Identifier: MIT
 * Passing: infos beside SCM_RIGHTS. The sender writes an envelope into a pipe and appends the read end as the last descriptor; the receiver
 * recognises the pipe, takes it off and recreates the infos. */
#ifndef PASS_H
#define PASS_H

#include <stdbool.h>
#include <sys/socket.h>

/* True when the message is well-formed and carries a socket of ours. Reads only. */
bool pass_carries_ours(const struct msghdr *message);
/* sendmsg and recvmsg on a descriptor that is not one of our inet sockets (a unix socket, netlink, ...), with control data.
 * Same contract as the system calls, but >= 0 or -errno. The caller's msghdr and control buffer are left as the kernel would leave them. */
long pass_send(int fd, const struct msghdr *message, int flags);
long pass_receive(int fd, struct msghdr *message, int flags);

/* From now on received infos lose this field ("local", "peer", "options", "state" or "type"): a shim broken on purpose, to see that tests
 * notice. NULL and unknown names change nothing. Constructor only. */
void pass_fault(const char *field);

#endif
