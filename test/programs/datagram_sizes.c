/* SPDX-License-Identifier: MIT
 * Datagrams keep their borders: empty, large, too large, cut by a short buffer; MSG_TRUNC, MSG_PEEK and FIONREAD. */
#include "transcript.h"

static char big[70000], in[70000];

static void run(int family) {
  int client = bound(family, SOCK_DGRAM, "client"), server = bound(family, SOCK_DGRAM, "server");
  struct name to = local_of(server), from = {.length = sizeof from.at};
  for (size_t i = 0; i < sizeof big; i++) big[i] = (char)(i * 31);
  size_t sizes[] = {0, 1, 1500, 9000, 60000, 65507, 65508, 66000};
  for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    say("%zu bytes", sizes[i]);
    if (check("  send", sendto(client, big, sizes[i], 0, sa(&to), to.length)) < 0) continue;
    int waiting = -1;
    must(ioctl(server, FIONREAD, &waiting) == 0);
    from.length = sizeof from.at;
    long got = recvfrom(server, in, sizeof in, 0, sa(&from), &from.length);
    say("  FIONREAD %d, received %ld, same %d, from %s", waiting, got, got == 0 || memcmp(in, big, (size_t)got) == 0, text(&from));
  }
  must(sendto(client, "0123456789", 10, 0, sa(&to), to.length) == 10);
  must(sendto(client, "second", 6, 0, sa(&to), to.length) == 6);
  from = (struct name){.length = sizeof from.at};
  check("PEEK", recvfrom(server, in, 4, MSG_PEEK, sa(&from), &from.length));
  say("from %s", text(&from));
  from = (struct name){.length = sizeof from.at};
  check("PEEK and TRUNC", recvfrom(server, in, 4, MSG_PEEK | MSG_TRUNC, sa(&from), &from.length));
  say("from %s", text(&from));
  struct iovec part = {in, 4};
  struct msghdr message = {.msg_name = &from.at, .msg_namelen = sizeof from.at, .msg_iov = &part, .msg_iovlen = 1};
  check("PEEK with recvmsg", recvmsg(server, &message, MSG_PEEK));
  say("cut %d, name of %u bytes", (message.msg_flags & MSG_TRUNC) != 0, message.msg_namelen);
  message.msg_namelen = sizeof from.at;
  check("recvmsg cuts", recvmsg(server, &message, 0));
  say("cut %d, bytes %.4s", (message.msg_flags & MSG_TRUNC) != 0, in);
  check("the second is whole", recv(server, in, sizeof in, 0));
  must(sendto(client, "0123456789", 10, 0, sa(&to), to.length) == 10);
  check("recv cuts", recv(server, in, 3, 0));
  check("nothing is left", recv(server, in, sizeof in, MSG_DONTWAIT));
  must(sendto(client, "abc", 3, 0, sa(&to), to.length) == 3);
  check("TRUNC tells the whole length", recv(server, in, 1, MSG_TRUNC));
  must(sendto(client, "abc", 3, 0, sa(&to), to.length) == 3);
  check("into no bytes", recv(server, in, 0, 0));
  must(sendto(client, "", 0, 0, sa(&to), to.length) == 0);
  say("an empty datagram: %s", events_text(wait_for(server, POLLIN)));
  check("recv of it", recv(server, in, sizeof in, 0));
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
