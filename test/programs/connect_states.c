/* SPDX-License-Identifier: MIT
 * connect, blocking: what it answers and what the names are afterwards. */
#include "transcript.h"

static void run(int family) {
  int server = listener(family);
  struct name to = local_of(server);
  int client = socket(family, SOCK_STREAM, 0);
  check("connect", connect(client, sa(&to), to.length));
  struct name own = local_of(client);
  name_port(name_port_of(&own), "client");
  say("ephemeral port: %d", name_port_of(&own) >= 32768);
  say_local("client", client);
  say_peer("client", client);
  int accepted = accept(server, NULL, NULL);
  say_local("accepted", accepted);
  say_peer("accepted", accepted);
  check("connect again", connect(client, sa(&to), to.length));
  check("connect on the accepted one", connect(accepted, sa(&to), to.length));
  check("bind when connected", bind(client, sa(&own), own.length));
  close(accepted);
  close(client);

  client = bound(family, SOCK_STREAM, "chosen");
  check("from a bound port", connect(client, sa(&to), to.length));
  accepted = accept(server, NULL, NULL);
  say_peer("accepted", accepted);
  say_local("client", client);
  close(accepted);
  close(client);

  client = socket(family, SOCK_STREAM, 0);
  struct name any = any_address(family, 0);
  must(bind(client, sa(&any), any.length) == 0);
  own = local_of(client);
  name_port(name_port_of(&own), "wide");
  say_local("bound to any", client);
  check("from any", connect(client, sa(&to), to.length));
  say_local("then connected", client);
  close(client);
  accepted = accept(server, NULL, NULL);
  say_peer("accepted", accepted);
  close(accepted);

  client = socket(family, SOCK_STREAM, 0);
  struct name to_any = any_address(family, name_port_of(&to));
  check("to the any address", connect(client, sa(&to_any), to_any.length));
  own = local_of(client);
  name_port(name_port_of(&own), "client");
  say_peer("its", client);
  say_local("its", client);
  close(client);
  close(server);
}

int main(void) {
  each_family(run);
  say("end");
}
