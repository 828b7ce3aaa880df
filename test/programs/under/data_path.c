/* SPDX-License-Identifier: MIT
 * data_path <stream|connected|datagram> <count>: that many messages of 100 bytes there and back to one process, two calls each. */
#include "../transcript.h"

int main(int count, char **arguments) {
  must(count == 3);
  char bytes[100] = "";
  long messages = atol(arguments[2]);
  bool stream = strcmp(arguments[1], "stream") == 0;
  struct pair p = stream ? stream_pair(AF_INET) : datagram_pair(AF_INET);
  struct name to = local_of(p.server), from;
  if (strcmp(arguments[1], "datagram") == 0) {
    must(connect(p.client, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)) == 0);
    for (long i = 0; i < messages; i++) {
      from.length = sizeof from.at;
      must(sendto(p.client, bytes, sizeof bytes, 0, sa(&to), to.length) == sizeof bytes);
      must(recvfrom(p.server, bytes, sizeof bytes, 0, sa(&from), &from.length) == sizeof bytes);
    }
  } else {
    for (long i = 0; i < messages; i++) {
      must(send(p.client, bytes, sizeof bytes, 0) == sizeof bytes);
      must(recv(p.server, bytes, sizeof bytes, 0) == sizeof bytes);
    }
  }
  close_pair(p);
  say("end");
}
