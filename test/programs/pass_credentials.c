/* SPDX-License-Identifier: MIT
 * Credentials, time stamps and pidfds beside descriptors: each as the kernel has it, in its order, and the program's own credentials too. */
#include <sys/syscall.h>

#include "passing.h"

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif

static void say_items(struct msghdr *message) {
  say("control %zu flags %x", message->msg_controllen, (unsigned)message->msg_flags);
  for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head; head = CMSG_NXTHDR(message, head)) {
    say("level %d type %d length %zu", head->cmsg_level, head->cmsg_type, (size_t)head->cmsg_len);
    struct ucred who;
    if (head->cmsg_type == SCM_CREDENTIALS && head->cmsg_len == CMSG_LEN(sizeof who)) {
      memcpy(&who, CMSG_DATA(head), sizeof who);
      say("credentials: own pid %d own uid %d", who.pid == getpid(), who.uid == getuid());
    }
    for (size_t i = 0; (head->cmsg_type == SCM_RIGHTS || head->cmsg_type == 4) && i + CMSG_LEN(sizeof(int)) <= head->cmsg_len;
         i += sizeof(int)) {
      int fd;
      memcpy(&fd, CMSG_DATA(head) + i, sizeof fd);
      if (head->cmsg_type == SCM_RIGHTS) say_socket("descriptor", fd);
      must(close(fd) == 0);
    }
  }
}

static void run(int type, size_t room) {
  say("over a %s, room %zu", carrier_name(type), room);
  struct carrier c = carrier_of(type);
  int fd = listener(AF_INET), base = open_descriptors(), on = 1;
  must(setsockopt(c.to, SOL_SOCKET, SO_PASSCRED, &on, sizeof on) == 0);
  must(setsockopt(c.to, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof on) == 0);
  (void)setsockopt(c.to, SOL_SOCKET, SO_PASSPIDFD, &on, sizeof on);
  _Alignas(struct cmsghdr) uint8_t control[256] = {0};
  struct iovec vector = {"c", 1};
  struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control};
  struct ucred own = {getpid(), getuid(), getgid()};
  *(struct cmsghdr *)control = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_CREDENTIALS, .cmsg_len = CMSG_LEN(sizeof own)};
  memcpy(control + CMSG_LEN(0), &own, sizeof own);
  uint8_t *second = control + CMSG_SPACE(sizeof own);
  *(struct cmsghdr *)second = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof fd)};
  memcpy(second + CMSG_LEN(0), &fd, sizeof fd);
  message.msg_controllen = CMSG_SPACE(sizeof own) + CMSG_SPACE(sizeof fd);
  check("sendmsg", sendmsg(c.from, &message, 0));
  char byte;
  vector = (struct iovec){&byte, 1};
  message.msg_controllen = room;
  check("recvmsg", recvmsg(c.to, &message, 0));
  say_items(&message);
  say("%d more descriptors are open", open_descriptors() - base);
  /* Sender's name beside descriptors. */
  if (type == SOCK_DGRAM) {
    struct sockaddr_un name = {.sun_family = AF_UNIX}, from;
    must(bind(c.from, (struct sockaddr *)&name, sizeof name.sun_family) == 0);
    must(send_descriptors(c.from, &fd, 1, 0) == 1);
    message.msg_name = &from;
    message.msg_namelen = sizeof from;
    message.msg_controllen = sizeof control;
    check("recvmsg", recvmsg(c.to, &message, 0));
    say("from family %d, %u bytes", from.sun_family, message.msg_namelen);
    say_items(&message);
  }
  close(fd);
  close_carrier(c);
}

int main(void) {
  static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
  for (int i = 0; i < 3; i++)
    for (size_t room = 8; room <= 160; room += 4) run(types[i], room);
  say("end");
}
