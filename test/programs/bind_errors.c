/* SPDX-License-Identifier: MIT
 * What bind refuses. */
#include "transcript.h"

static void run(int family) {
  int types[] = {SOCK_STREAM, SOCK_DGRAM};
  for (int t = 0; t < 2; t++) {
    int fd = socket(family, types[t], 0);
    struct name n = loopback(family, 0), other = family == AF_INET ? loopback(AF_INET6, 0) : loopback(AF_INET, 0);
    check("address of another family", bind(fd, sa(&other), other.length));
    check("short length", bind(fd, sa(&n), 8));
    check("length 0", bind(fd, sa(&n), 0));
    check("length 1", bind(fd, sa(&n), 1));
    struct name far = family == AF_INET ? name_of(AF_INET, "192.0.2.7", 0) : name_of(AF_INET6, "2001:db8::7", 0);
    check("address of nobody here", bind(fd, sa(&far), far.length));
    struct name unspecified = any_address(family, 0);
    unspecified.at.ss_family = AF_UNSPEC;
    check("AF_UNSPEC with the any address", bind(fd, sa(&unspecified), unspecified.length));
    if (family == AF_INET) {
      close(fd);
      fd = socket(family, types[t], 0);
      struct name unspecified_loopback = loopback(family, 0);
      unspecified_loopback.at.ss_family = AF_UNSPEC;
      check("AF_UNSPEC with loopback", bind(fd, sa(&unspecified_loopback), unspecified_loopback.length));
    }
    struct sockaddr_un path = {.sun_family = AF_UNIX, .sun_path = "/nowhere"};
    check("a unix address", bind(fd, (struct sockaddr *)&path, sizeof path));
    say_local("after all these", fd);
    check("a good one", bind(fd, sa(&n), n.length));
    check("a second bind", bind(fd, sa(&n), n.length));
    struct name long_one = loopback(family, 0);
    int longer = socket(family, types[t], 0);
    check("longer length", bind(longer, sa(&long_one), sizeof long_one.at));
    n = local_of(fd);
    name_port(name_port_of(&n), "first");
    say_local("after the second bind", fd);
    close(longer);
    close(fd);
    check("a closed descriptor", bind(fd, sa(&n), n.length));
  }
  check("a file", bind(STDERR_FILENO, NULL, 0));
}

int main(void) {
  must(freopen("/dev/null", "w", stderr) != NULL);
  each_family(run);
  say("end");
}
