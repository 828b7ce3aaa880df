/* SPDX-License-Identifier: MIT
 * A daemon closes every descriptor that it does not know, in three ways, and its own files and pipes get those numbers: passing goes on, and
 * nothing is written into them or taken out of them. */
#include <sys/mman.h>

#include "passing.h"

enum { FIRST = 500, LAST = 560 };

static void pass_some(const char *what, int listening) {
  for (int i = 0; i < 3; i++) {
    int got = pass_here(listening, i % 2 ? SOCK_STREAM : SOCK_SEQPACKET);
    must(local_of(got).length == sizeof(struct sockaddr_in) && int_option(got, SOL_SOCKET, SO_ACCEPTCONN) == 1);
    close(got);
  }
  say("%s: three passes", what);
}

static void occupy(int listening) {
  int file = memfd_create("user", MFD_CLOEXEC), ends[2];
  must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 && write(ends[1], "user", 4) == 4);
  /* Every other number a file, a pipe's two ends. */
  for (int fd = FIRST; fd < LAST; fd++) must(dup2(fd % 3 == 0 ? file : ends[fd % 3 - 1], fd) == fd);
  pass_some("numbers used again", listening);
  struct stat status;
  must(fstat(file, &status) == 0);
  char bytes[64];
  say("the file has %ld bytes, the pipe %zd", (long)status.st_size, read(ends[0], bytes, sizeof bytes));
  for (int fd = FIRST; fd < LAST; fd++) close(fd);
  close(file);
  close(ends[0]);
  close(ends[1]);
}

int main(void) {
  int first = listener(AF_INET), listening = dup2(first, 20);
  must(listening == 20);
  close(first);
  pass_some("at first", listening);
  for (int fd = 21; fd < 1024; fd++) close(fd);
  occupy(listening);
  pass_some("after a loop of close", listening);
  closefrom(21);
  occupy(listening);
  pass_some("after closefrom", listening);
  must(close_range(21, ~0U, 0) == 0);
  occupy(listening);
  pass_some("after close_range", listening);
  occupy(listening);
  close(listening);
  say("%d descriptors are open", open_descriptors());
  say("end");
}
