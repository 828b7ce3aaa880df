/* SPDX-License-Identifier: MIT
 * A megabyte in one call: nothing is cut, nothing is lost, nothing changes its place. */
#include "transcript.h"

enum { SIZE = 1 << 20 };
static unsigned char out[SIZE], in[SIZE];

static unsigned long sum(const unsigned char *bytes) {
  unsigned long value = 5381;
  for (int i = 0; i < SIZE; i++) value = value * 33 + bytes[i];
  return value;
}

static void run(int family) {
  for (int i = 0; i < SIZE; i++) out[i] = (unsigned char)(i * 7 + (i >> 8));
  static const char *names[] = {"write", "send", "writev", "sendmsg"};
  for (int form = 0; form < 4; form++) {
    struct pair p = stream_pair(family);
    pid_t child = fork();
    if (child == 0) {
      close(p.server);
      struct iovec parts[] = {{out, 1400}, {out + 1400, 1600}, {out + 3000, SIZE - 3000}};
      struct msghdr message = {.msg_iov = parts, .msg_iovlen = 3};
      ssize_t n = form == 0   ? write(p.client, out, SIZE)
                  : form == 1 ? send(p.client, out, SIZE, 0)
                  : form == 2 ? writev(p.client, parts, 3)
                              : sendmsg(p.client, &message, 0);
      _exit(n == SIZE && message.msg_iovlen == 3 ? 0 : 1);
    }
    close(p.client);
    memset(in, 0, SIZE);
    ssize_t got = form & 1 ? recv(p.server, in, SIZE, MSG_WAITALL) : (ssize_t)read_all(p.server, in, SIZE);
    say("%s: all in one call %d, received %zd, the same %d", names[form], end_of(child) == 0, got, sum(in) == sum(out));
    char more;
    check("then the end", read(p.server, &more, 1));
    close(p.server);
  }
}

int main(void) {
  each_family(run);
  say("end");
}
