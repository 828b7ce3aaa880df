/* SPDX-License-Identifier: MIT
 * Every way to close a socket ends it for its peer, and the number is free for anything. */
#include <stdio_ext.h>
#include <sys/syscall.h>

#include "transcript.h"

static const char *ways[] = {"close",
                             "close_range",
                             "closefrom",
                             "fclose",
                             "syscall(SYS_close)",
                             "syscall(SYS_close_range)",
                             "dup2 over it",
                             "syscall(SYS_dup2)",
                             "syscall(SYS_dup3)",
                             "shutdown, then close"};

static void end_it(int way, int fd) {
  int null;
  switch (way) {
    case 0: must(close(fd) == 0); break;
    case 1: must(close_range((unsigned)fd, (unsigned)fd, 0) == 0); break;
    case 2: closefrom(fd); break;
    case 3: {
      FILE *file = fdopen(fd, "r+");
      must(file && fclose(file) == 0);
      break;
    }
    case 4: must(syscall(SYS_close, fd) == 0); break;
    case 5: must(syscall(SYS_close_range, fd, fd, 0) == 0); break;
    case 6:
    case 7:
    case 8:
      null = open("/dev/null", O_RDWR);
      must((way == 6 ? dup2(null, fd) : way == 7 ? (int)syscall(SYS_dup2, null, fd) : (int)syscall(SYS_dup3, null, fd, 0)) == fd);
      must(close(null) == 0 && close(fd) == 0);
      break;
    default: must(shutdown(fd, SHUT_RDWR) == 0 && close(fd) == 0);
  }
}

static void run(int family) {
  for (unsigned way = 0; way < sizeof ways / sizeof *ways; way++) {
    struct pair p = stream_pair(family);
    int client = dup2(p.client, 300), server = dup2(p.server, 20);
    close_pair(p);
    must(client == 300 && server == 20);
    end_it((int)way, client);
    char byte;
    say("%s: the peer reads %zd", ways[way], recv(server, &byte, 1, 0));
    check("  again", close(client));
    int fds[2];
    must(pipe(fds) == 0 && dup2(fds[1], client) == client);
    struct name n = {.length = sizeof n.at};
    check("  a pipe on the number: getsockname", getsockname(client, sa(&n), &n.length));
    check("  write", write(client, (char[4000]){0}, 4000));
    close(fds[0]);
    close(fds[1]);
    close(client);
    close(server);
    /* A listener's name is free again. */
    int listening = bound(family, SOCK_STREAM, "server");
    must(listen(listening, 4) == 0 && dup2(listening, 301) == 301);
    n = local_of(listening);
    close(listening);
    end_it((int)way, 301);
    int next = socket(family, SOCK_STREAM, 0);
    check("  bind to the listener's name", bind(next, sa(&n), n.length));
    close(next);
  }
  check("close -1", close(-1));
  check("close_range with first > last", close_range(5, 4, 0));
  check("close_range with a bad flag", close_range(500, 501, 0x80));
}

int main(void) {
  each_family(run);
  say("end");
}
