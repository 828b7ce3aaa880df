/* SPDX-License-Identifier: MIT
 * A broadcast needs SO_BROADCAST. */
#include "transcript.h"

int main(void) {
  int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0), on = 1, value = -1;
  struct name any = any_address(AF_INET, 0);
  must(bind(server, sa(&any), any.length) == 0);
  struct name n = local_of(server), all = name_of(AF_INET, "255.255.255.255", name_port_of(&n));
  socklen_t length = sizeof value;
  check("without SO_BROADCAST", sendto(client, "all", 3, 0, sa(&all), all.length));
  check("connect without it", connect(client, sa(&all), all.length));
  check("SO_BROADCAST", setsockopt(client, SOL_SOCKET, SO_BROADCAST, &on, sizeof on));
  must(getsockopt(client, SOL_SOCKET, SO_BROADCAST, &value, &length) == 0);
  say("is set: %d", value);
  close(client);
  close(server);
  say("end");
}
