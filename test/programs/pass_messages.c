/* SPDX-License-Identifier: MIT
 * sendmmsg and recvmmsg as carriers: descriptors on some messages, none on others, little room on one. */
#include "passing.h"

enum { COUNT = 20 };

static void fill(struct mmsghdr *messages, struct iovec *vectors, uint8_t (*control)[CMSG_SPACE(3 * sizeof(int))], char *bytes) {
  memset(control, 0, COUNT * sizeof *control);
  for (int i = 0; i < COUNT; i++) {
    vectors[i] = (struct iovec){&bytes[i], 1};
    messages[i] = (struct mmsghdr){
        .msg_hdr = {.msg_iov = &vectors[i], .msg_iovlen = 1, .msg_control = control[i], .msg_controllen = sizeof *control}};
  }
}

static void run(int type) {
  say("over a %s", carrier_name(type));
  struct carrier c = carrier_of(type);
  must(setsockopt(c.from, SOL_SOCKET, SO_SNDBUF, &(int){1 << 20}, sizeof(int)) == 0);
  int fds[] = {listener(AF_INET), open("/dev/null", O_RDONLY), bound(AF_INET6, SOCK_DGRAM, "server")};
  int base = open_descriptors();
  struct mmsghdr messages[COUNT];
  struct iovec vectors[COUNT];
  _Alignas(struct cmsghdr) uint8_t control[COUNT][CMSG_SPACE(3 * sizeof(int))];
  char bytes[COUNT];
  for (int i = 0; i < COUNT; i++) bytes[i] = (char)('a' + i);
  fill(messages, vectors, control, bytes);
  for (int i = 0; i < COUNT; i++) {
    size_t some = (size_t)i % 4;
    if (some == 0) {
      messages[i].msg_hdr.msg_controllen = 0;
      continue;
    }
    *(struct cmsghdr *)control[i] =
        (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(some * sizeof(int))};
    memcpy(control[i] + CMSG_LEN(0), fds, some * sizeof(int));
    messages[i].msg_hdr.msg_controllen = CMSG_SPACE(some * sizeof(int));
  }
  int sent = (int)check("sendmmsg", sendmmsg(c.from, messages, type == SOCK_DGRAM ? 8 : COUNT, MSG_DONTWAIT));
  fill(messages, vectors, control, bytes);
  memset(bytes, 0, sizeof bytes);
  messages[3].msg_hdr.msg_controllen = CMSG_SPACE(sizeof(int));
  messages[5].msg_hdr.msg_controllen = 0;
  int done = 0;
  while (done < sent) {
    int got = recvmmsg(c.to, messages + done, (unsigned)(COUNT - done), MSG_WAITFORONE, NULL);
    must(got > 0);
    done += got;
  }
  for (int i = 0; i < done; i++) {
    struct msghdr *m = &messages[i].msg_hdr;
    struct cmsghdr *head = CMSG_FIRSTHDR(m);
    int count = head ? (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
    say("message %d: length %u '%c' control %zu flags %x descriptors %d", i, messages[i].msg_len, bytes[i], m->msg_controllen,
        (unsigned)m->msg_flags, count);
    for (int j = 0; j < count; j++) {
      int fd;
      memcpy(&fd, control[i] + CMSG_LEN(0) + (size_t)j * sizeof fd, sizeof fd);
      if (i < 4) say_socket("got", fd);
      must(close(fd) == 0);
    }
  }
  say("%d more descriptors are open", open_descriptors() - base);
  struct timespec limit = {.tv_nsec = 1000};
  fill(messages, vectors, control, bytes);
  check("nothing there", recvmmsg(c.to, messages, 2, MSG_DONTWAIT, &limit));
  limit.tv_nsec = 2000000000;
  check("no time", recvmmsg(c.to, messages, 2, MSG_DONTWAIT, &limit));
  for (int i = 0; i < 3; i++) close(fds[i]);
  close_carrier(c);
}

int main(void) {
  run(SOCK_DGRAM);
  run(SOCK_SEQPACKET);
  say("end");
}
