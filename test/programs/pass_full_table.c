/* SPDX-License-Identifier: MIT
 * A receiver that may open only a few descriptors more: what fits arrives and works, the flags say that something is missing. */
#include "passing.h"

static void set_limit(int free_numbers) {
  struct rlimit limit;
  must(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  /* The lowest limit that leaves so many numbers. */
  int found = 0, fd = 0;
  for (; found < free_numbers; fd++) found += fcntl(fd, F_GETFD) < 0;
  while (fcntl(fd, F_GETFD) >= 0) fd++;
  limit.rlim_cur = (rlim_t)fd;
  must(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

static void run(int count, int free_numbers) {
  say("%d sockets, room for %d", count, free_numbers);
  struct rlimit before;
  must(getrlimit(RLIMIT_NOFILE, &before) == 0);
  struct carrier c = carrier_of(SOCK_STREAM);
  int fds[16], base = open_descriptors();
  for (int i = 0; i < count; i++) fds[i] = listener(AF_INET);
  must(send_descriptors(c.from, fds, (size_t)count, 0) == 1);
  struct name last = local_of(fds[count - 1]);
  set_limit(free_numbers);
  struct received r = receive_descriptors(c.to, 0);
  setrlimit(RLIMIT_NOFILE, &before);
  /* Exactly as many numbers as descriptors: the kernel had none for ours, which nobody can tell from one of the program's. */
  say("%zd bytes '%c', %d descriptors, control %zu%s", r.bytes, r.byte, r.count, r.control,
      r.count < count && (r.flags & MSG_CTRUNC) ? ", truncated" : "");
  for (int i = 0; i < r.count; i++)
    say("domain %d listens %d", int_option(r.fds[i], SOL_SOCKET, SO_DOMAIN), int_option(r.fds[i], SOL_SOCKET, SO_ACCEPTCONN));
  if (r.count == count) {
    struct name got = local_of(r.fds[count - 1]);
    say("the last one is the last one %d", memcmp(&got.at, &last.at, got.length) == 0);
  }
  close_received(&r);
  for (int i = 0; i < count; i++) close(fds[i]);
  say("%d more descriptors are open", open_descriptors() - base);
  close_carrier(c);
}

int main(void) {
  run(1, 0);
  run(1, 1);
  run(1, 2);
  run(3, 1);
  run(3, 2);
  run(3, 3);
  run(3, 4);
  run(3, 5);
  run(3, 6);
  run(8, 4);
  say("end");
}
