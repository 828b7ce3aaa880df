/* SPDX-License-Identifier: MIT
 * All the calls that write to a stream, against all that read from one. */
#include "transcript.h"

enum { FORMS = 7 };
static const char *writers[] = {"write", "send", "sendto", "sendto with an address", "writev", "sendmsg", "sendmmsg"};
static const char *readers[] = {"read", "recv", "recvfrom", "recvfrom with an address", "readv", "recvmsg", "recvmmsg"};

static long put(int form, int fd, const char *bytes, size_t length, struct name *to) {
  struct iovec parts[] = {{(void *)bytes, 2}, {(void *)(bytes + 2), length - 2}};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = parts, .msg_iovlen = 2}};
  switch (form) {
    case 0: return write(fd, bytes, length);
    case 1: return send(fd, bytes, length, MSG_NOSIGNAL);
    case 2: return sendto(fd, bytes, length, 0, NULL, 0);
    case 3: return sendto(fd, bytes, length, 0, sa(to), to->length);
    case 4: return writev(fd, parts, 2);
    case 5: return sendmsg(fd, &message.msg_hdr, 0);
    default: return sendmmsg(fd, &message, 1, 0) == 1 ? (long)message.msg_len : -1;
  }
}

static long take(int form, int fd, char *bytes, size_t length) {
  struct iovec parts[] = {{bytes, 3}, {bytes + 3, length - 3}};
  struct name from = {.length = sizeof from.at};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = parts, .msg_iovlen = 2, .msg_name = &from.at, .msg_namelen = sizeof from.at}};
  long result;
  switch (form) {
    case 0: return read(fd, bytes, length);
    case 1: return recv(fd, bytes, length, 0);
    case 2: return recvfrom(fd, bytes, length, 0, NULL, NULL);
    case 3:
      result = recvfrom(fd, bytes, length, 0, sa(&from), &from.length);
      say("    address length %u", from.length);
      return result;
    case 4: return readv(fd, parts, 2);
    case 5:
      result = recvmsg(fd, &message.msg_hdr, 0);
      say("    name length %u, flags %d, parts %zu", message.msg_hdr.msg_namelen, message.msg_hdr.msg_flags, message.msg_hdr.msg_iovlen);
      return result;
    default: return recvmmsg(fd, &message, 1, 0, NULL) == 1 ? (long)message.msg_len : -1;
  }
}

static void run(int family) {
  struct pair p = stream_pair(family);
  struct name to = loopback(family, 9);
  for (int i = 0; i < FORMS; i++) {
    for (int k = 0; k < FORMS; k++) {
      char bytes[64] = "";
      int from = (i + k) & 1 ? p.client : p.server, into = (i + k) & 1 ? p.server : p.client;
      long written = put(i, from, "0123456789", 10, &to);
      long got = take(k, into, bytes, sizeof bytes - 1);
      say("%s -> %s: %ld %ld %s", writers[i], readers[k], written, got, bytes);
    }
  }
  close_pair(p);
  char bytes[16];
  for (int i = 0; i < FORMS; i++) {
    check(writers[i], put(i, p.client, "0123456789", 10, &to));
    check(readers[i], take(i, p.client, bytes, sizeof bytes));
  }
}

int main(void) {
  each_family(run);
  say("end");
}
