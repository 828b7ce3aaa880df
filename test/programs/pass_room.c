/* SPDX-License-Identifier: MIT
 * Control buffers of every length: what arrives, where it lies, what msg_controllen and the flags say, and that nothing stays open unseen. */
#include "passing.h"

enum { ROOM_MAX = CMSG_SPACE(16 * sizeof(int)) };

/* What a buffer holds before: no byte of a pid, which may be the last that the kernel writes. Other numbers in messages are small here. */
static uint8_t untouched(void) {
  pid_t pid = getpid();
  uint8_t bytes[sizeof pid], fill = 0xee;
  memcpy(bytes, &pid, sizeof pid);
  while (memchr(bytes, fill, sizeof bytes)) fill--;
  return fill;
}

static void say_control(size_t room, const struct msghdr *message, const uint8_t *control, int opened) {
  char line[400];
  int at = snprintf(line, sizeof line, "room %zu: control %zu flags %x open %d |", room, message->msg_controllen,
                    (unsigned)message->msg_flags, opened);
  size_t offset = 0;
  while (message->msg_controllen - offset >= sizeof(struct cmsghdr) && offset < message->msg_controllen) {
    struct cmsghdr head;
    memcpy(&head, control + offset, sizeof head);
    at += snprintf(line + at, sizeof line - (size_t)at, " level %d type %d length %zu", head.cmsg_level, head.cmsg_type,
                   (size_t)head.cmsg_len);
    if (head.cmsg_len < sizeof head) break;
    offset += CMSG_ALIGN(head.cmsg_len);
    if (offset > message->msg_controllen) break;
  }
  size_t dirty = ROOM_MAX + 64;
  while (dirty > 0 && control[dirty - 1] == untouched()) dirty--;
  say("%s written to %zu", line, dirty);
}

static void close_all(const struct msghdr *message, const uint8_t *control) {
  size_t offset = 0;
  while (offset + sizeof(struct cmsghdr) <= message->msg_controllen) {
    struct cmsghdr head;
    memcpy(&head, control + offset, sizeof head);
    for (size_t i = CMSG_LEN(0); head.cmsg_type == SCM_RIGHTS && i + sizeof(int) <= head.cmsg_len; i += sizeof(int)) {
      int fd;
      memcpy(&fd, control + offset + i, sizeof fd);
      struct name local = local_of(fd);
      must(local.length == sizeof(struct sockaddr_in));
      must(close(fd) == 0);
    }
    if (head.cmsg_len < sizeof head) break;
    offset += CMSG_ALIGN(head.cmsg_len);
  }
}

static void run(int type, int count, bool credentials) {
  say("%d sockets over a %s%s", count, carrier_name(type), credentials ? " with credentials" : "");
  struct carrier c = carrier_of(type);
  int fds[16];
  for (int i = 0; i < count; i++) fds[i] = bound(AF_INET, i % 2 ? SOCK_DGRAM : SOCK_STREAM, "x");
  if (credentials) must(setsockopt(c.to, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int)) == 0);
  int base = open_descriptors();
  for (size_t room = 0; room <= ROOM_MAX; room++) {
    _Alignas(struct cmsghdr) uint8_t control[ROOM_MAX + 64];
    memset(control, untouched(), sizeof control);
    char byte;
    struct msghdr message = {.msg_iov = &(struct iovec){&byte, 1}, .msg_iovlen = 1, .msg_control = control, .msg_controllen = room};
    must(send_descriptors(c.from, fds, (size_t)count, 0) == 1);
    must(recvmsg(c.to, &message, 0) == 1);
    say_control(room, &message, control, open_descriptors() - base);
    close_all(&message, control);
    must(open_descriptors() == base);
  }
  /* The program has no buffer at all. */
  char byte;
  struct msghdr message = {.msg_iov = &(struct iovec){&byte, 1}, .msg_iovlen = 1, .msg_controllen = 100};
  must(send_descriptors(c.from, fds, (size_t)count, 0) == 1);
  check("no buffer", recvmsg(c.to, &message, 0));
  say("control %zu flags %x", message.msg_controllen, (unsigned)message.msg_flags);
  must(send_descriptors(c.from, fds, (size_t)count, 0) == 1);
  check("read", read(c.to, &byte, 1));
  say("%d more descriptors are open", open_descriptors() - base);
  for (int i = 0; i < count; i++) close(fds[i]);
  close_carrier(c);
}

int main(void) {
  run(SOCK_STREAM, 1, false);
  run(SOCK_STREAM, 3, false);
  run(SOCK_DGRAM, 16, false);
  run(SOCK_SEQPACKET, 2, true);
  run(SOCK_STREAM, 5, true);
  say("end");
}
