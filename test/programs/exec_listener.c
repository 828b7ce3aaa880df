/* SPDX-License-Identifier: MIT
 * exec: a listener, a connection and a datagram socket go to a new program by number (socket activation, binary upgrade). */
#include "transcript.h"

static int family_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &length) < 0 ? -errno : value;
}

/* The new program: listener 30, connection 31, datagram 32; 33 had close-on-exec. */
static int inherited(char **ports) {
  name_port(atoi(ports[0]), "server");
  name_port(atoi(ports[1]), "client");
  name_port(atoi(ports[2]), "udp");
  say("domains %d %d %d", family_of(30), family_of(31), family_of(32));
  say_local("listener", 30);
  say_peer("listener", 30);
  say_local("connection", 31);
  say_peer("connection", 31);
  say_local("datagram", 32);
  struct name n = {.length = sizeof n.at};
  check("close-on-exec", getsockname(33, sa(&n), &n.length));
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(30, SOL_SOCKET, SO_ACCEPTCONN, &value, &length) == 0);
  say("listening %d", value);
  check("write", write(31, "inherited", 9));
  char bytes[16];
  struct name from = {.length = sizeof from.at};
  check("recvfrom", recvfrom(32, bytes, sizeof bytes, 0, sa(&from), &from.length));
  say("from %s", text(&from));
  check("answer", sendto(32, "pong", 4, 0, sa(&from), from.length));
  int accepted = accept(30, NULL, NULL);
  say_local("accepted", accepted);
  int client = connected_to(30), second = accept4(30, NULL, NULL, 0);
  check("a client of its own", send(client, "x", 1, 0));
  check("served", recv(second, bytes, 1, 0));
  return 7;
}

static char *program;
static void run(int family) {
  int server = listener(family), connection = connected_to(server), accepted = accept(server, NULL, NULL);
  int udp = bound(family, SOCK_DGRAM, "udp"), asker = bound(family, SOCK_DGRAM, "asker");
  struct name at_server = local_of(server), at_client = local_of(connection), at_udp = local_of(udp);
  int waiting = socket(family, SOCK_STREAM, 0);
  must(connect(waiting, sa(&at_server), at_server.length) == 0);
  must(sendto(asker, "ping", 4, 0, sa(&at_udp), at_udp.length) == 4);
  char ports[3][8];
  snprintf(ports[0], 8, "%d", name_port_of(&at_server));
  snprintf(ports[1], 8, "%d", name_port_of(&at_client));
  snprintf(ports[2], 8, "%d", name_port_of(&at_udp));
  pid_t child = fork();
  if (child == 0) {
    dup2(server, 30);
    dup2(connection, 31);
    dup2(udp, 32);
    dup3(server, 33, O_CLOEXEC);
    closefrom(34);
    char *arguments[] = {program, "inherited", ports[0], ports[1], ports[2], NULL};
    execv(program, arguments);
    _exit(99);
  }
  int end = end_of(child);
  say("the new program ended with %d", end);
  char bytes[16] = "";
  check("the connection's other end", recv(accepted, bytes, sizeof bytes, 0));
  say("%s", bytes);
  check("the datagram's answer", recv(asker, bytes, sizeof bytes, 0));
  check("the parent's listener still works", close(connected_to(server)));
  close(server);
  close(connection);
  close(accepted);
  close(udp);
  close(asker);
  close(waiting);
}

int main(int count, char **arguments) {
  if (count == 5 && strcmp(arguments[1], "inherited") == 0) return inherited(arguments + 2);
  program = arguments[0];
  each_family(run);
  say("end");
}
