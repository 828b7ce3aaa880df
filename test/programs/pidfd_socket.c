/* SPDX-License-Identifier: MIT
 * pidfd_getfd: the socket of another process is the same socket here, and outlives its owner. */
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "transcript.h"

static void run(int family) {
  int ends[2], back[2];
  must(pipe2(ends, O_CLOEXEC) == 0 && pipe2(back, O_CLOEXEC) == 0);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PTRACER, getppid());
    int mine = listener(family);
    int udp = bound(family, SOCK_DGRAM, "udp");
    must(write(ends[1], &mine, sizeof mine) == sizeof mine && write(ends[1], &udp, sizeof udp) == sizeof udp);
    must(read(back[0], (char[1]){0}, 1) == 1);
    close(mine), close(udp);
    _exit(0);
  }
  int numbers[2];
  must(read_all(ends[0], numbers, sizeof numbers) == sizeof numbers);
  int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
  must(pidfd >= 0);
  int server = check_fd("the listener", (int)syscall(SYS_pidfd_getfd, pidfd, numbers[0], 0));
  int udp = check_fd("the datagram socket", (int)syscall(SYS_pidfd_getfd, pidfd, numbers[1], 0));
  check("none of that number", syscall(SYS_pidfd_getfd, pidfd, 9999, 0));
  struct name n = local_of(server), u = local_of(udp);
  name_port(name_port_of(&n), "server");
  name_port(name_port_of(&u), "udp");
  say_local("server", server);
  say_local("udp", udp);
  int client = connected_to(server), accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
  say_peer("accepted", accepted);
  check("sendto the datagram socket", sendto(udp, "x", 1, 0, sa(&u), u.length));
  check("it comes", recv(udp, (char[1]){0}, 1, 0));
  must(write(back[1], "x", 1) == 1);
  say("its owner ended with %d", end_of(child));
  int late = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  check("a client after its end", connect(late, sa(&n), n.length));
  must(fcntl(server, F_SETFL, O_NONBLOCK) == 0);
  close(accepted);
  accepted = check_fd("served", accept4(server, NULL, NULL, SOCK_CLOEXEC));
  close(late);
  close(client), close(accepted), close(server), close(udp), close(pidfd);
  close(ends[0]), close(ends[1]), close(back[0]), close(back[1]);
}

int main(void) {
  each_family(run);
  say("end");
}
