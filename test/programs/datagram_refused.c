/* SPDX-License-Identifier: MIT
 * A connected UDP socket whose peer is not there: read, recv, poll and epoll learn of it, once. */
#include <sys/epoll.h>

#include "transcript.h"

static void run(int family) {
  int gone = bound(family, SOCK_DGRAM, "gone");
  struct name nobody = local_of(gone);
  close(gone);
  char byte;
  int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  check("connect", connect(fd, sa(&nobody), nobody.length));
  check("send", send(fd, "x", 1, 0));
  check("recv", recv(fd, &byte, 1, 0));
  check("recv again", recv(fd, &byte, 1, 0));
  check("write", write(fd, "x", 1));
  check("read", read(fd, &byte, 1));
  check("read again", read(fd, &byte, 1));
  must(send(fd, "x", 1, 0) == 1);
  int error = -1;
  socklen_t length = sizeof error;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
  say("SO_ERROR %d", error);
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0);
  say("SO_ERROR again %d", error);
  int epoll = epoll_create1(0);
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &(struct epoll_event){.events = EPOLLIN}) == 0);
  must(send(fd, "x", 1, 0) == 1);
  struct epoll_event event = {0};
  check("epoll", epoll_wait(epoll, &event, 1, 0));
  say("error %d", (event.events & EPOLLERR) != 0);
  check("recvmsg", recvmsg(fd, &(struct msghdr){.msg_iov = &(struct iovec){&byte, 1}, .msg_iovlen = 1}, 0));
  check("then nothing", epoll_wait(epoll, &event, 1, 0));
  fcntl(fd, F_SETFL, 0);
  must(send(fd, "x", 1, 0) == 1);
  check("a blocking recv", recv(fd, &byte, 1, 0));
  must(send(fd, "x", 1, 0) == 1);
  /* What cannot be sent is known before an error that waits. */
  static char large[0x10000];
  struct name zero = loopback(family, 0);
  check("to port 0", sendto(fd, "x", 1, 0, sa(&zero), zero.length));
  check("too large", send(fd, large, sizeof large, 0));
  check("too large for a packet", send(fd, large, sizeof large - 8, 0));
  check("then", send(fd, "x", 1, 0));
  close(fd);
  close(epoll);

  /* A peer without a port is any port of that address, to the kernel's search for who had sent what comes back. */
  fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  struct name portless = loopback(family, 0);
  check("connect to port 0", connect(fd, sa(&portless), portless.length));
  check("sendto", sendto(fd, "x", 1, 0, sa(&nobody), nobody.length));
  check("recv", recv(fd, &byte, 1, 0));
  check("recv again", recv(fd, &byte, 1, 0));
  check("send", send(fd, "x", 1, 0));
  check("recv", recv(fd, &byte, 1, 0));
  if (family == AF_INET) {
    struct name other = name_of(AF_INET, "127.0.0.99", name_port_of(&nobody));
    check("sendto another address", sendto(fd, "x", 1, 0, sa(&other), other.length));
    check("recv", recv(fd, &byte, 1, 0));
  }
  close(fd);
}

int main(void) {
  each_family(run);
  say("end");
}
