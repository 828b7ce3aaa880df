/* SPDX-License-Identifier: MIT
 * The first inet socket that a fresh program ever sees is a received one; it uses, copies and passes it on. */
#include "passing.h"

static int child(int carrier) {
  struct received r = receive_descriptors(carrier, MSG_CMSG_CLOEXEC);
  say_received("child: received", &r);
  for (int i = 0; i < r.count; i++) say_socket("child", r.fds[i]);
  struct name client;
  client.length = sizeof client.at;
  int server = accept(r.fds[0], sa(&client), &client.length);
  must(server >= 0);
  char byte;
  check("child: read", read(server, &byte, 1));
  check("child: write", write(server, "y", 1));
  close(server);
  int copy = fcntl(r.fds[0], F_DUPFD_CLOEXEC, 100);
  say_socket("child: copy", copy);
  /* Back to where they came from. */
  int back[] = {copy, r.fds[1]};
  check("child: passed on", send_descriptors(carrier, back, 2, 0));
  close(copy);
  close_received(&r);
  return 0;
}

static void parent(char *program, int type) {
  say("over a %s", carrier_name(type));
  int ends[2];
  must(socketpair(AF_UNIX, type, 0, ends) == 0);
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  pid_t pid = fork();
  if (pid == 0) {
    char number[12];
    snprintf(number, sizeof number, "%d", ends[1]);
    execl("/proc/self/exe", program, number, NULL);
    _exit(9);
  }
  close(ends[1]);
  int fds[] = {listener(AF_INET), bound(AF_INET6, SOCK_DGRAM, "server")};
  int client = connected_to(fds[0]);
  must(write(client, "x", 1) == 1);
  must(send_descriptors(ends[0], fds, 2, 0) == 1);
  char byte = 0;
  must(read(client, &byte, 1) == 1);
  struct received r = receive_descriptors(ends[0], 0);
  say("child ended with %d", end_of(pid));
  say("the child answered %c", byte);
  say_received("back", &r);
  for (int i = 0; i < r.count; i++) say_socket("back", r.fds[i]);
  /* The child is gone, its descriptors are ours and open. */
  close(client);
  client = connected_to(r.fds[0]);
  int server = accept(fds[0], NULL, NULL);
  say_local("accepted", server);
  close(server);
  close(client);
  close_received(&r);
  close(fds[0]);
  close(fds[1]);
  close(ends[0]);
}

int main(int count, char **arguments) {
  if (count > 1) return child(atoi(arguments[1]));
  parent(arguments[0], SOCK_STREAM);
  parent(arguments[0], SOCK_SEQPACKET);
  say("end");
}
