/* SPDX-License-Identifier: MIT
 * All the calls that send a datagram, against all that receive one; connected and not; who sent it. */
#include "transcript.h"

static long put(int form, int fd, struct name *to) {
  struct iovec parts[] = {{"0123", 4}, {"456789", 6}};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = parts, .msg_iovlen = 2}};
  if (to) message.msg_hdr.msg_name = &to->at, message.msg_hdr.msg_namelen = to->length;
  switch (form) {
    case 0: return sendto(fd, "0123456789", 10, 0, to ? sa(to) : NULL, to ? to->length : 0);
    case 1: return sendmsg(fd, &message.msg_hdr, 0);
    case 2: return sendmmsg(fd, &message, 1, 0) == 1 ? (long)message.msg_len : -1;
    case 3: return send(fd, "0123456789", 10, 0);
    case 4: return write(fd, "0123456789", 10);
    default: return writev(fd, parts, 2);
  }
}

static long take(int form, int fd, char *bytes, size_t length, struct name *from) {
  struct iovec parts[] = {{bytes, 3}, {bytes + 3, length - 3}};
  struct mmsghdr message = {.msg_hdr = {.msg_iov = parts, .msg_iovlen = 2, .msg_name = &from->at, .msg_namelen = sizeof from->at}};
  from->length = 0;
  switch (form) {
    case 0: from->length = sizeof from->at; return recvfrom(fd, bytes, length, 0, sa(from), &from->length);
    case 1: {
      long result = recvmsg(fd, &message.msg_hdr, 0);
      from->length = message.msg_hdr.msg_namelen;
      say("    flags %d, parts %zu, control %zu", message.msg_hdr.msg_flags, message.msg_hdr.msg_iovlen, message.msg_hdr.msg_controllen);
      return result;
    }
    case 2: {
      int count = recvmmsg(fd, &message, 1, 0, NULL);
      from->length = message.msg_hdr.msg_namelen;
      return count == 1 ? (long)message.msg_len : -1;
    }
    case 3: return recv(fd, bytes, length, 0);
    case 4: return read(fd, bytes, length);
    default: return readv(fd, parts, 2);
  }
}

static const char *senders[] = {"sendto", "sendmsg", "sendmmsg", "send", "write", "writev"};
static const char *receivers[] = {"recvfrom", "recvmsg", "recvmmsg", "recv", "read", "readv"};

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server), from;
  for (int pass = 0; pass < 2; pass++) {
    say(pass ? "connected" : "not connected");
    if (pass) must(connect(client, sa(&to), to.length) == 0);
    for (int i = 0; i < (pass ? 6 : 3); i++) {
      for (int k = 0; k < 6; k++) {
        char bytes[64] = "";
        long sent = put(i, client, pass ? NULL : &to), got = take(k, server, bytes, sizeof bytes - 1, &from);
        say("%s -> %s: %ld %ld %s from %s", senders[i], receivers[k], sent, got, bytes, text(&from));
      }
    }
  }
  int fresh = socket(family, SOCK_DGRAM, 0);
  for (int i = 0; i < 6; i++) check(senders[i], put(i, fresh, NULL));
  struct name chosen = local_of(fresh);
  say("a port was chosen all the same: %d", name_port_of(&chosen) != 0);
  close(fresh);
  int other = bound(family, SOCK_DGRAM, "other");
  struct name elsewhere = local_of(other);
  char bytes[64] = "";
  check("connected, but sent elsewhere", put(0, client, &elsewhere));
  check("comes", take(0, other, bytes, sizeof bytes, &from));
  say("from %s", text(&from));
  close(other);
  close(client);
  close(server);
  for (int i = 0; i < 6; i++) {
    check(senders[i], put(i, client, &to));
    check(receivers[i], take(i, client, bytes, sizeof bytes, &from));
  }
}

int main(void) {
  each_family(run);
  say("end");
}
