/* SPDX-License-Identifier: MIT
 * The real functions behind the wrappers. Every call that the shim makes itself goes through here, never through a wrapped name. */
#ifndef LIBC_H
#define LIBC_H

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <resolv.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* <resolv.h> of glibc before 2.34 makes other spellings of these, by macros. */
#undef res_query
#undef res_search
#undef res_querydomain
#undef res_send
#undef res_nquery
#undef res_nsearch
#undef res_nquerydomain
#undef res_nsend
int res_query(const char *, int, int, unsigned char *, int);
int res_search(const char *, int, int, unsigned char *, int);
int res_querydomain(const char *, const char *, int, int, unsigned char *, int);
int res_send(const unsigned char *, int, unsigned char *, int);
int res_nquery(res_state, const char *, int, int, unsigned char *, int);
int res_nsearch(res_state, const char *, int, int, unsigned char *, int);
int res_nquerydomain(res_state, const char *, const char *, int, int, unsigned char *, int);
int res_nsend(res_state, const unsigned char *, int, unsigned char *, int);

int bindresvport(int, struct sockaddr_in *); /* <rpc/rpc.h> is no longer part of every libc */
int pidfd_getfd(int, int, unsigned);         /* glibc 2.36 */

#define CALL(name) __typeof__(name) *name;
#define ALIAS(name, call)
#define FORTIFIED(name)
struct libc {
#include "../wire/calls.def"
};
#undef CALL
#undef ALIAS
#undef FORTIFIED

/* Written once by libc_resolve, read-only afterwards. */
extern struct libc libc;

/* Finds every row of calls.def in the libraries after this one. Returns 0, or -ENOSYS with the first missing name in the log.
 * Signal-safe: no (constructor only). */
int libc_resolve(void);

#endif
