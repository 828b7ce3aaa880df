/* SPDX-License-Identifier: MIT
 * A program that has its sockets from io_uring, whose calls liburing makes without libc: a listener on real loopback. "probe": says whether
 * this machine lets it. */
#include <linux/io_uring.h>
#include <sys/mman.h>

#include "../../../native/shim/kernel.h"
#include "../transcript.h"

/* socket(2) by a ring of its own; -errno without one. */
static int ring_socket(int family, int type) {
  struct io_uring_params p = {0};
  int ring = (int)kernel_call(SYS_io_uring_setup, 4, (long)&p, 0, 0, 0, 0);
  if (ring < 0) return ring;
  size_t size = p.sq_off.array + p.sq_entries * sizeof(uint32_t), done = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
  char *sq = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
  char *cq = mmap(NULL, done, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_CQ_RING);
  struct io_uring_sqe *entry = mmap(NULL, sizeof *entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring, (off_t)IORING_OFF_SQES);
  must(sq != MAP_FAILED && cq != MAP_FAILED && entry != MAP_FAILED);
  *entry = (struct io_uring_sqe){.opcode = IORING_OP_SOCKET, .fd = family, .off = (uint64_t)type};
  *(uint32_t *)(void *)(sq + p.sq_off.array) = 0;
  __atomic_store_n((uint32_t *)(void *)(sq + p.sq_off.tail), 1, __ATOMIC_RELEASE);
  must(kernel_call(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) == 1);
  return ((struct io_uring_cqe *)(void *)(cq + p.cq_off.cqes))->res;
}

int main(int count, char **arguments) {
  struct name n = loopback(AF_INET, 0);
  int fd = ring_socket(AF_INET, SOCK_STREAM);
  if (count > 1 && strcmp(arguments[1], "probe") == 0) {
    say(fd < 0 ? "no rings" : "rings");
    return 0;
  }
  must(fd >= 0);
  must(kernel_call(SYS_bind, fd, (long)sa(&n), n.length, 0, 0, 0) == 0);
  must(kernel_call(SYS_listen, fd, 1, 0, 0, 0, 0) == 0);
  say("ready");
  pause();
}
