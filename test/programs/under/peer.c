/* SPDX-License-Identifier: MIT
 * peer <serve|ask> <tcp|udp|connected> <4|6> <address> <port>: one side of a conversation; the other may run under another library.
 * A server says "ready" when it can be reached. */
#include "../transcript.h"

static void serve_stream(int fd) {
  must(listen(fd, 4) == 0);
  say_local("listening", fd);
  say("ready");
  for (int i = 0; i < 2; i++) {
    struct name from = {.length = sizeof from.at};
    int accepted = check_fd("accept", accept(fd, sa(&from), &from.length));
    say("from %s", text(&from));
    say_local("accepted", accepted);
    say_peer("accepted", accepted);
    char bytes[5000];
    size_t length = read_all(accepted, bytes, sizeof bytes);
    say("read %zu bytes", length);
    check("write", write(accepted, bytes, length));
    close(accepted);
  }
}

static void serve_datagrams(int fd) {
  say_local("bound", fd);
  say("ready");
  for (int i = 0; i < 3; i++) {
    char bytes[5000];
    struct name from = {.length = sizeof from.at};
    long length = check("recvfrom", recvfrom(fd, bytes, sizeof bytes, 0, sa(&from), &from.length));
    say("from %s", text(&from));
    if (length >= 0) check("sendto", sendto(fd, bytes, (size_t)length, 0, sa(&from), from.length));
  }
}

static void ask_stream(int family, struct name to) {
  for (int i = 0; i < 2; i++) {
    int fd = socket(family, SOCK_STREAM, 0);
    if (check("connect", connect(fd, sa(&to), to.length)) < 0) return;
    struct name own = local_of(fd);
    name_port(name_port_of(&own), "client");
    say_local("client", fd);
    say_peer("client", fd);
    char question[1200] = "question", answer[5000];
    check("write", write(fd, question, sizeof question));
    check("shutdown", shutdown(fd, SHUT_WR));
    say("answer %zu bytes", read_all(fd, answer, sizeof answer));
    close(fd);
  }
}

static void ask_datagrams(int family, struct name to, bool connected) {
  int fd = socket(family, SOCK_DGRAM, 0);
  if (connected) check("connect", connect(fd, sa(&to), to.length));
  for (int i = 0; i < 3; i++) {
    char answer[5000];
    struct name from = {.length = sizeof from.at};
    check("send", connected ? send(fd, "question", 8, 0) : sendto(fd, "question", 8, 0, sa(&to), to.length));
    check("receive", recvfrom(fd, answer, sizeof answer, 0, sa(&from), &from.length));
    say("from %s", text(&from));
  }
  if (connected) say_peer("client", fd);
  close(fd);
}

int main(int count, char **arguments) {
  must(count == 6);
  bool serve = strcmp(arguments[1], "serve") == 0, stream = strcmp(arguments[2], "tcp") == 0;
  int family = arguments[3][0] == '4' ? AF_INET : AF_INET6, port = atoi(arguments[5]);
  struct name at = name_of(family, arguments[4], port);
  name_port(port, "server");
  if (serve) {
    int fd = socket(family, stream ? SOCK_STREAM : SOCK_DGRAM, 0);
    must(fd >= 0 && bind(fd, sa(&at), at.length) == 0);
    if (stream)
      serve_stream(fd);
    else
      serve_datagrams(fd);
  } else if (stream) {
    ask_stream(family, at);
  } else {
    ask_datagrams(family, at, strcmp(arguments[2], "connected") == 0);
  }
  say("end");
}
