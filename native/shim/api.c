/* SPDX-License-Identifier: MIT */
#include "api.h"

#include <errno.h>

#include "enter.h"
#include "libc.h"
#include "network.h"
#include "table.h"

int __poll_chk(struct pollfd *, nfds_t, int, size_t);
int __ppoll_chk(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *, size_t);
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void *restrict, size_t, size_t, int, struct sockaddr *restrict, socklen_t *restrict);

/* The library is linked with -Bsymbolic: these are our functions, also where it was opened with dlopen. */
#define CALL(name) {#name, (void *)name},
#define ALIAS(name, call) {#name, (void *)call},
#define FORTIFIED(name) {#name, (void *)name},
static const struct api_replacement replacements[] = {
#include "../wire/calls.def"
    {0, 0},
};
#undef CALL
#undef ALIAS
#undef FORTIFIED

static int descriptor_info(int fd, struct wire_info *out) {
  struct sock *s = table_find_checked(fd);
  if (!s) return -ENOTSOCK;
  sock_refresh(s);
  sock_read(s, out);
  return 0;
}

static const struct api api = {
    .version = API_VERSION,
    .replacements = replacements,
    .network_open = network_open,
    .network_close = network_close,
    .network_enter = network_enter,
    .network_enter_process = network_enter_process,
    .network_arena = network_arena,
    .descriptor_info = descriptor_info,
    .sendmsg = sendmsg,
    .recvmsg = recvmsg,
    .arena_create = arena_create,
    .arena_open = arena_open,
    .arena_close = arena_close,
    .arena_head = arena_head,
    .arena_host_add = arena_host_add,
    .arena_process_add = arena_process_add,
    .journal_read = journal_read,
    .journal_wait = journal_wait,
    .journal_wake = journal_wake,
};

EXPORT const struct api *vitest_socket_wrapper_api(void) { return &api; }
