/* SPDX-License-Identifier: MIT
 * IPPROTO_MPTCP, which Go's servers and programs under mptcpize ask for: a stream that is TCP to everybody. */
#include "transcript.h"

enum { MPTCP = 262 };

static void run(int family) {
  int server = check_fd("listener", socket(family, SOCK_STREAM | SOCK_CLOEXEC, MPTCP)), value = -1;
  if (server < 0) return;
  socklen_t length = sizeof value;
  struct name here = loopback(family, 0);
  must(bind(server, sa(&here), here.length) == 0 && listen(server, 4) == 0);
  here = local_of(server);
  name_port(name_port_of(&here), "server");
  must(getsockopt(server, SOL_SOCKET, SO_PROTOCOL, &value, &length) == 0);
  say("protocol %d", value);
  for (int i = 0; i < 2; i++) {
    int client = check_fd(i ? "client of TCP" : "client", socket(family, SOCK_STREAM | SOCK_CLOEXEC, i ? 0 : MPTCP));
    check("connect", connect(client, sa(&here), here.length));
    int accepted = check_fd("accept", accept(server, NULL, NULL));
    check("TCP_NODELAY", setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)));
    char text[8] = "";
    check("send", send(client, "hello", 5, 0));
    check("recv", recv(accepted, text, 5, MSG_WAITALL));
    check("answer", send(accepted, text, 5, 0));
    check("answered", recv(client, text, 5, MSG_WAITALL));
    say_peer("client", client);
    must(shutdown(client, SHUT_WR) == 0);
    check("end", recv(accepted, text, 5, 0));
    close(accepted);
    check("end of the other", recv(client, text, 5, 0));
    close(client);
  }
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
