/* SPDX-License-Identifier: MIT
 * Bytes that never pass through the program: sendfile, splice, and the positioned forms of read and write. */
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  int file = memfd_create("file", 0), fds[2];
  char bytes[5000];
  for (int i = 0; i < 5000; i++) bytes[i] = (char)('a' + i % 26);
  must(write(file, bytes, 5000) == 5000 && pipe(fds) == 0);
  off_t from = 1000;
  check("sendfile", sendfile(p.client, file, &from, 3000));
  char in[5000];
  check("comes", (long)recv(p.server, in, 3000, MSG_WAITALL));
  say("the same %d", memcmp(in, bytes + 1000, 3000) == 0);
  must(write(fds[1], "through a pipe", 14) == 14);
  check("splice into the socket", splice(fds[0], NULL, p.client, NULL, 14, 0));
  check("comes", recv(p.server, in, 14, MSG_WAITALL));
  must(send(p.client, "into a pipe", 11, 0) == 11);
  wait_for(p.server, POLLIN);
  check("splice out of the socket", splice(p.server, NULL, fds[1], NULL, 11, 0));
  check("comes", read(fds[0], in, sizeof in));
  check("pread", pread(p.server, in, 1, 0));
  check("pwrite", pwrite(p.server, in, 1, 0));
  check("lseek", lseek(p.server, 0, SEEK_SET));
  struct iovec part = {"vector", 6};
  check("pwritev2 at -1", pwritev2(p.client, &part, 1, -1, 0));
  part.iov_base = in;
  check("preadv2 at -1", preadv2(p.server, &part, 1, -1, 0));
  check("fsync", fsync(p.client));
  check("mmap", mmap(NULL, 4096, PROT_READ, MAP_SHARED, p.client, 0) == MAP_FAILED ? -1 : 0);
  close_pair(p);
  p = datagram_pair(family);
  from = 0;
  check("sendfile to a connected datagram socket", sendfile(p.client, file, &from, 100));
  check("comes", recv(p.server, in, sizeof in, 0));
  check("dprintf to it", dprintf(p.client, "formatted %d", 7));
  check("comes", recv(p.server, in, sizeof in, 0));
  close_pair(p);
  close(file);
  close(fds[0]);
  close(fds[1]);
}

int main(void) {
  each_family(run);
  say("end");
}
