/* SPDX-License-Identifier: MIT
 * Odd but legal: discarding, empty vectors, control data without room, addresses without room, sockatmark, isfdtype, ioctls of listeners. */
#include <linux/sockios.h>

#include "transcript.h"

static char bytes[256];

static void discards(struct pair p) {
  must(send(p.client, "0123456789", 10, 0) == 10);
  wait_for(p.server, POLLIN);
  check("recv(NULL, 3, MSG_TRUNC)", recv(p.server, NULL, 3, MSG_TRUNC));
  check("recv(NULL, 100, MSG_TRUNC | MSG_PEEK)", recv(p.server, NULL, 100, MSG_TRUNC | MSG_PEEK));
  check("recv(NULL, 0, MSG_TRUNC)", recv(p.server, NULL, 0, MSG_TRUNC));
  check("recv(NULL, 0, 0)", recv(p.server, NULL, 0, 0));
  check("recv(NULL, 3, 0)", recv(p.server, NULL, 3, 0));
  check("recvmsg, MSG_TRUNC", recvmsg(p.server, &(struct msghdr){.msg_iov = &(struct iovec){NULL, 2}, .msg_iovlen = 1}, MSG_TRUNC));
  check("the rest", recv(p.server, bytes, sizeof bytes, 0));
  say("%.5s", bytes);
  check("nothing there", recv(p.server, NULL, 3, MSG_TRUNC | MSG_DONTWAIT));
}

static void vectors(struct pair p) {
  static struct iovec in[1025] = {{NULL, 0}, {"", 0}, {"ab", 2}, {NULL, 0}, {"c", 1}};
  struct iovec out[] = {{bytes, 0}, {bytes, 1}, {NULL, 0}, {bytes + 1, 5}};
  check("writev with empty parts", writev(p.client, in, 5));
  check("writev of nothing", writev(p.client, in, 2));
  check("writev of no parts", writev(p.client, in, 0));
  check("writev of -1 parts", writev(p.client, in, *(volatile int *)&(int){-1}));
  check("writev of 1025 parts", writev(p.client, in, 1025));
  check("sendmsg with empty parts", sendmsg(p.client, &(struct msghdr){.msg_iov = in, .msg_iovlen = 5}, 0));
  check("sendmsg, parts nowhere", sendmsg(p.client, &(struct msghdr){.msg_iov = NULL, .msg_iovlen = 2}, 0));
  check("recvmsg, parts nowhere", recvmsg(p.client, &(struct msghdr){.msg_iov = NULL, .msg_iovlen = 2}, MSG_DONTWAIT));
  check("recvmsg, parts nowhere, MSG_TRUNC",
        recvmsg(p.client, &(struct msghdr){.msg_iov = NULL, .msg_iovlen = 2}, MSG_DONTWAIT | MSG_TRUNC));
  check("sendmsg of no parts", sendmsg(p.client, &(struct msghdr){.msg_iov = NULL, .msg_iovlen = 0}, 0));
  check("sendmsg of 1025 parts", sendmsg(p.client, &(struct msghdr){.msg_iov = in, .msg_iovlen = 1025}, 0));
  check("send of nothing", send(p.client, NULL, 0, 0));
  check("write of nothing", write(p.client, NULL, 0));
  check("send from nowhere", send(p.client, NULL, 3, 0));
  check("MSG_WAITALL with empty parts", recvmsg(p.server, &(struct msghdr){.msg_iov = out, .msg_iovlen = 4}, MSG_WAITALL));
  say("%.6s", bytes);
  check("readv of nothing", readv(p.server, in, 2));
  check("recvmsg of no parts", recvmsg(p.server, &(struct msghdr){.msg_iovlen = 0}, MSG_DONTWAIT));
}

static void controls(struct pair p) {
  char control[64] = "";
  struct iovec part = {"x", 1};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 0};
  check("sendmsg, control of length 0", sendmsg(p.client, &message, 0));
  message.msg_control = NULL;
  message.msg_controllen = 16;
  check("sendmsg, control nowhere", sendmsg(p.client, &message, 0));
  message.msg_control = control;
  message.msg_controllen = 8;
  check("sendmsg, control too short for a header", sendmsg(p.client, &message, 0));
  message.msg_controllen = 16;
  check("sendmsg, a header that says 0", sendmsg(p.client, &message, 0));
  *(struct cmsghdr *)control = (struct cmsghdr){.cmsg_len = 40, .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  check("sendmsg, a header that says too much", sendmsg(p.client, &message, 0));
  *(struct cmsghdr *)control = (struct cmsghdr){.cmsg_len = 16, .cmsg_level = IPPROTO_IP, .cmsg_type = IP_TTL};
  check("sendmsg, IP_TTL of a stream", sendmsg(p.client, &message, 0));
  *(struct cmsghdr *)control = (struct cmsghdr){.cmsg_len = 16, .cmsg_level = SOL_SOCKET, .cmsg_type = 77};
  check("sendmsg, an unknown type", sendmsg(p.client, &message, 0));
  wait_for(p.server, POLLIN);
  part = (struct iovec){bytes, 1};
  message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 0};
  check("recvmsg, control of length 0", recvmsg(p.server, &message, 0));
  say("flags %x, controllen %zu", message.msg_flags, message.msg_controllen);
  message.msg_controllen = 5;
  check("recvmsg, control of length 5", recvmsg(p.server, &message, 0));
  say("flags %x, controllen %zu", message.msg_flags, message.msg_controllen);
  message.msg_name = bytes + 8;
  message.msg_namelen = 28;
  check("recvmsg, the name of a stream", recvmsg(p.server, &message, 0));
  say("flags %x, namelen %u", message.msg_flags, message.msg_namelen);
  message.msg_namelen = (socklen_t)-1;
  check("recvmsg, namelen -1", recvmsg(p.server, &message, MSG_DONTWAIT));
  socklen_t length = 28;
  must(send(p.client, "y", 1, 0) == 1);
  wait_for(p.server, POLLIN);
  check("recvfrom, the name of a stream", recvfrom(p.server, bytes, 1, 0, (struct sockaddr *)(bytes + 8), &length));
  say("namelen %u", length);
}

static void lengths(int fd, const char *what, int (*call)(int, __SOCKADDR_ARG, socklen_t *)) {
  static const int given[] = {0, 1, 2, 4, 8, 15, 16, 28, 128, -1};
  for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
    unsigned char out[130];
    memset(out, 0xee, sizeof out);
    socklen_t length = (socklen_t)given[i];
    int result = call(fd, (struct sockaddr *)out, &length), touched = 0;
    while (touched < 130 && out[touched] != 0xee) touched++;
    say("%s with %d: %s, told %d, family %s", what, given[i], result < 0 ? strerrorname_np(errno) : "ok", (int)length,
        touched > 1 ? out[0] == AF_INET ? "inet" : "inet6" : "-");
  }
  check("no place", call(fd, NULL, &(socklen_t){16}));
  check("no place and no room", call(fd, NULL, &(socklen_t){0}));
  check("no length", call(fd, (struct sockaddr *)bytes, NULL));
}

static void marks(int family) {
  struct pair p = stream_pair(family);
  int server = listener(family), udp = bound(family, SOCK_DGRAM, "udp"), value = -1, fds[2];
  must(pipe(fds) == 0);
  check("sockatmark", sockatmark(p.client));
  check("sockatmark of a listener", sockatmark(server));
  check("sockatmark of a pipe", sockatmark(fds[0]));
  check("isfdtype", isfdtype(p.client, S_IFSOCK));
  check("isfdtype of a pipe", isfdtype(fds[0], S_IFSOCK));
  check("FIONREAD of a listener", ioctl(server, FIONREAD, &value));
  check("SIOCOUTQ of a listener", ioctl(server, SIOCOUTQ, &value));
  check("SIOCATMARK of a listener", ioctl(server, SIOCATMARK, &value));
  check("SIOCOUTQ of UDP", ioctl(udp, SIOCOUTQ, &value));
  say("%d", value);
  check("SIOCATMARK of UDP", ioctl(udp, SIOCATMARK, &value));
  check("SIOCOUTQNSD", ioctl(p.client, SIOCOUTQNSD, &value));
  check("FIONREAD nowhere", ioctl(p.client, FIONREAD, NULL));
  check("SIOCOUTQ nowhere", ioctl(p.client, SIOCOUTQ, NULL));
  check("FIOGETOWN", ioctl(p.client, FIOGETOWN, &value));
  say("%d", value);
  check("SIOCGPGRP", ioctl(p.client, SIOCGPGRP, &value));
  check("lseek", lseek(p.client, 0, SEEK_SET));
  check("pread", pread(p.client, bytes, 1, 0));
  check("pwrite", pwrite(p.client, "x", 1, 0));
  check("ftruncate", ftruncate(p.client, 0));
  check("fsync", fsync(p.client));
  check("posix_fallocate", posix_fallocate(p.client, 0, 1));
  check("bind of length 0", bind(udp, (struct sockaddr *)bytes, 0));
  check("connect of length 1", connect(udp, (struct sockaddr *)bytes, 1));
  check("bind nowhere", bind(udp, NULL, 16));
  check("bind of length 129", bind(udp, (struct sockaddr *)bytes, 129));
  check("bind of length -1", bind(udp, (struct sockaddr *)bytes, (socklen_t)-1));
  check("connect nowhere", connect(udp, NULL, 16));
  check("connect of length 129", connect(udp, (struct sockaddr *)bytes, 129));
  check("sendto of length -1", sendto(udp, "x", 1, 0, (struct sockaddr *)bytes, (socklen_t)-1));
  check("sendto of length 1", sendto(udp, "x", 1, 0, (struct sockaddr *)bytes, 1));
  check("listen of UDP", listen(udp, 1));
  check("accept of UDP", accept(udp, NULL, NULL));
  check("accept of a connection", accept(p.client, NULL, NULL));
  check("recv of a listener", recv(server, bytes, 1, MSG_DONTWAIT));
  check("send of a listener", send(server, bytes, 1, MSG_DONTWAIT | MSG_NOSIGNAL));
  check("shutdown 3", shutdown(p.client, 3));
  close_pair(p);
  close(server);
  close(udp);
  close(fds[0]);
  close(fds[1]);
}

static void run(int family) {
  struct pair p = stream_pair(family);
  discards(p);
  vectors(p);
  controls(p);
  lengths(p.client, "getsockname", getsockname);
  lengths(p.client, "getpeername", getpeername);
  close_pair(p);
  marks(family);
  int server = listener(family);
  static const int given[] = {0, 1, 8, 16, 28, 128};
  for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
    int client = connected_to(server);
    socklen_t length = (socklen_t)given[i];
    int accepted = accept(server, (struct sockaddr *)bytes, &length);
    say("accept with %d: %d, told %u", given[i], accepted >= 0, length);
    close(client);
    close(accepted);
  }
  /* Looked at when there is a connection, which is lost then. */
  int lost[] = {connected_to(server), connected_to(server)};
  check("accept with -1", accept(server, (struct sockaddr *)bytes, &(socklen_t){(socklen_t)-1}));
  check("accept without length", accept(server, (struct sockaddr *)bytes, NULL));
  must(fcntl(server, F_SETFL, O_NONBLOCK) == 0);
  check_fd("are the clients still there", accept(server, NULL, NULL));
  close(lost[0]);
  close(lost[1]);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
