/* SPDX-License-Identifier: MIT
 * A program that makes its calls through syscall(2). */
#include <sys/syscall.h>

#include "transcript.h"

static void run(int family) {
  char bytes[32];
  int server = (int)syscall(SYS_socket, family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct name at = loopback(family, 0);
  check("bind", syscall(SYS_bind, server, &at.at, at.length));
  check("listen", syscall(SYS_listen, server, 4));
  at.length = sizeof at.at;
  check("getsockname", syscall(SYS_getsockname, server, &at.at, &at.length));
  name_port(name_port_of(&at), "server");
  say("%s", text(&at));
  int client = (int)syscall(SYS_socket, family, SOCK_STREAM, 0);
  check("connect", syscall(SYS_connect, client, &at.at, at.length));
  int accepted = (int)syscall(SYS_accept4, server, NULL, NULL, SOCK_CLOEXEC);
  struct name own = local_of(client);
  name_port(name_port_of(&own), "client");
  say_peer("accepted", accepted);
  check("write", syscall(SYS_write, client, "raw write", 9));
  check("read", syscall(SYS_read, accepted, bytes, sizeof bytes));
  struct iovec part = {"raw message", 11};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  check("sendmsg", syscall(SYS_sendmsg, client, &message, 0));
  part = (struct iovec){bytes, sizeof bytes};
  check("recvmsg", syscall(SYS_recvmsg, accepted, &message, 0));
  check("sendto", syscall(SYS_sendto, client, "to", 2, 0, NULL, 0));
  check("recvfrom", syscall(SYS_recvfrom, accepted, bytes, sizeof bytes, 0, NULL, NULL));
  int value = -1;
  socklen_t length = sizeof value;
  check("getsockopt", syscall(SYS_getsockopt, client, SOL_SOCKET, SO_DOMAIN, &value, &length));
  say("same family %d", value == family);
  check("setsockopt", syscall(SYS_setsockopt, client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)));
  int copy = (int)syscall(SYS_dup, client), third = (int)syscall(SYS_fcntl, client, F_DUPFD_CLOEXEC, 50);
  say_peer("copy", copy);
  say_peer("copy by fcntl", third);
  check("close", syscall(SYS_close, client));
  check("close the copy", syscall(SYS_close, copy));
  check("shutdown", syscall(SYS_shutdown, third, SHUT_WR));
  check("the end", syscall(SYS_read, accepted, bytes, sizeof bytes));
  check("getpid", syscall(SYS_getpid) == getpid());
  check("an unknown number", syscall(99999));
  syscall(SYS_close, third);
  syscall(SYS_close, accepted);
  syscall(SYS_close, server);
  int udp = bound(family, SOCK_DGRAM, "udp");
  at = local_of(udp);
  struct iovec datagram = {"dg", 2};
  struct mmsghdr many = {.msg_hdr = {.msg_name = &at.at, .msg_namelen = at.length, .msg_iov = &datagram, .msg_iovlen = 1}};
  check("sendmmsg", syscall(SYS_sendmmsg, udp, &many, 1, 0));
  datagram = (struct iovec){bytes, sizeof bytes};
  struct name from;
  many.msg_hdr = (struct msghdr){.msg_name = &from.at, .msg_namelen = sizeof from.at, .msg_iov = &datagram, .msg_iovlen = 1};
  check("recvmmsg", syscall(SYS_recvmmsg, udp, &many, 1, 0, NULL));
  from.length = many.msg_hdr.msg_namelen;
  say("from %s", text(&from));
  close(udp);
}

int main(void) {
  each_family(run);
  say("end");
}
