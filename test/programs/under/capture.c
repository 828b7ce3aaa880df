/* SPDX-License-Identifier: MIT
 * capture <what>: traffic for a capture. */
#include <sys/sendfile.h>

#include "../passing.h"

static void put(int fd, const char *text) { must(write(fd, text, strlen(text)) == (ssize_t)strlen(text)); }
static void get(int fd, const char *text) {
  char buffer[64] = "";
  must(read_all(fd, buffer, strlen(text)) == strlen(text) && memcmp(buffer, text, strlen(text)) == 0);
}
static void get_end(int fd) {
  char one;
  must(read(fd, &one, 1) == 0);
}

static void stream(int family) {
  struct pair p = stream_pair(family);
  put(p.client, "hello");
  get(p.server, "hello");
  struct iovec parts[] = {{"wo", 2}, {"", 0}, {"rld", 3}};
  must(writev(p.server, parts, 3) == 5);
  get(p.client, "world");
  must(shutdown(p.client, SHUT_WR) == 0);
  get_end(p.server);
  put(p.server, "last");
  must(close(p.server) == 0);
  get(p.client, "last");
  get_end(p.client);
  must(close(p.client) == 0);
}

/* A megabyte in one write, which is many packets; the reader has a process of its own. */
static void large(int family) {
  enum { SIZE = 1 << 20 };
  static char bytes[SIZE];
  for (int i = 0; i < SIZE; i++) bytes[i] = (char)(i * 7 + i / 256);
  struct pair p = stream_pair(family);
  pid_t child = fork();
  if (child == 0) {
    close(p.client);
    _exit(read_all(p.server, bytes, SIZE) == SIZE && write(p.server, "got it", 6) == 6 ? 0 : 1);
  }
  close(p.server);
  must(write(p.client, bytes, SIZE) == SIZE);
  get(p.client, "got it");
  get_end(p.client);
  must(end_of(child) == 0);
  close(p.client);
}

static void refused(int family) {
  struct name nobody = loopback(family, own_port());
  int fd = socket(family, SOCK_STREAM, 0);
  must(connect(fd, sa(&nobody), nobody.length) < 0 && errno == ECONNREFUSED);
  close(fd);
  fd = socket(family, SOCK_DGRAM, 0);
  must(sendto(fd, "anybody?", 8, 0, sa(&nobody), nobody.length) == 8);
  close(fd);
}

/* A reset: the server has not read everything. */
static void reset(int family) {
  struct pair p = stream_pair(family);
  put(p.client, "nobody reads this");
  must(wait_for(p.server, POLLIN) & POLLIN);
  close(p.server);
  char one;
  must(read(p.client, &one, 1) < 0 && errno == ECONNRESET);
  close(p.client);
}

static void datagram(int family) {
  static char bytes[65507];
  struct pair p = datagram_pair(family);
  char buffer[65536];
  must(send(p.client, "odd", 3, 0) == 3 && recv(p.server, buffer, sizeof buffer, 0) == 3);
  must(send(p.server, "", 0, 0) == 0 && recv(p.client, buffer, sizeof buffer, 0) == 0);
  must(send(p.client, bytes, sizeof bytes, 0) == sizeof bytes && recv(p.server, buffer, sizeof buffer, 0) == sizeof bytes);
  close_pair(p);
}

/* One socket, three processes in turn: a parent, its child, and one that the socket was passed to. */
static void holders(int family) {
  struct pair p = stream_pair(family);
  struct carrier c = carrier_of(SOCK_STREAM);
  pid_t receiver = fork();
  if (receiver == 0) {
    close_pair(p);
    struct received r = receive_into(c.to, 256, 0);
    must(r.count == 1);
    get(r.fds[0], "four");
    put(r.fds[0], "five");
    _exit(0);
  }
  put(p.server, "one");
  get(p.client, "one");
  pid_t child = fork();
  if (child == 0) {
    get(p.server, "two");
    put(p.server, "three");
    _exit(0);
  }
  put(p.client, "two");
  get(p.client, "three");
  must(end_of(child) == 0);
  must(send_descriptors(c.from, &p.server, 1, 0) == 1);
  put(p.client, "four");
  get(p.client, "five");
  must(end_of(receiver) == 0);
  put(p.server, "six");
  close(p.server);
  get(p.client, "six");
  get_end(p.client);
  close(p.client);
  close_carrier(c);
}

/* Bytes that the program itself never has, in order with those that it writes. */
static void moved(int family) {
  struct pair p = stream_pair(family);
  int pipe_ends[2];
  FILE *page = tmpfile();
  must(page && fprintf(page, "by sendfile") == 11 && fflush(page) == 0 && pipe(pipe_ends) == 0);
  off_t start = 3;
  must(sendfile(p.server, fileno(page), &start, 8) == 8 && start == 11);
  put(p.server, ",");
  put(pipe_ends[1], "by splice");
  must(splice(pipe_ends[0], NULL, p.server, NULL, 9, 0) == 9);
  put(p.server, ".");
  get(p.client, "sendfile,by splice.");
  fclose(page);
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  close_pair(p);
}

/* What the sender's shim cannot see. */
static void unseen(int family) {
  struct pair p = stream_pair(family);
  FILE *file = fdopen(p.server, "r+");
  must(file && fprintf(file, "by stdio") == 8 && fflush(file) == 0);
  get(p.client, "by stdio");
  put(p.server, "by write");
  get(p.client, "by write");
  fclose(file);
  get_end(p.client);
  close(p.client);
}

static void echo_for_ever(int listening) {
  static char bytes[65536];
  for (;;) {
    int fd = accept(listening, NULL, NULL);
    if (fork() == 0) {
      close(listening);
      for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        if (write(fd, bytes, (size_t)n) != n) break;
      _exit(0);
    }
    close(fd);
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
}

/* Clients that are killed, wherever they are. */
static void killed(int rounds) {
  static char bytes[50000];
  int listening = listener(AF_INET), told[2];
  pid_t server = fork();
  if (server == 0) echo_for_ever(listening);
  for (int round = 0; round < rounds; round++) {
    must(pipe(told) == 0);
    pid_t client = fork();
    if (client == 0) {
      int fd = connected_to(listening);
      close(listening);
      for (size_t size = 1;; size = size * 7 % sizeof bytes + 1) {
        must(write(fd, bytes, size) == (ssize_t)size && write(told[1], "", 1) == 1);
        must(read_all(fd, bytes, size) == size);
      }
    }
    char some[32];
    must(read_all(told[0], some, (size_t)(round % 32) + 1) > 0);
    must(kill(client, SIGKILL) == 0 && end_of(client) == 1000 + SIGKILL);
    close(told[0]);
    close(told[1]);
  }
  must(kill(server, SIGKILL) == 0 && end_of(server) == 1000 + SIGKILL);
  close(listening);
}

/* A daemon closes all descriptors and opens its own file; the exec'd half goes on. */
static void daemonize(const char *self, const char *path) {
  struct pair p = stream_pair(AF_INET);
  put(p.client, "before");
  get(p.server, "before");
  for (int fd = 3; fd < 2048; fd++)
    if (fd != p.client && fd != p.server) close(fd);
  for (int i = 0; i < 600; i++) must(open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) >= 0);
  put(p.client, "after");
  get(p.server, "after");
  must(fcntl(p.client, F_SETFD, 0) == 0 && fcntl(p.server, F_SETFD, 0) == 0);
  char client[16], server[16];
  snprintf(client, sizeof client, "%d", p.client);
  snprintf(server, sizeof server, "%d", p.server);
  char *const next[] = {(char *)self, "executed", client, server, NULL};
  execv(self, next);
  must(false);
}

static void executed(int client, int server) {
  put(server, "executed");
  get(client, "executed");
  close(server);
  close(client);
}

int main(int count, char **arguments) {
  must(count >= 2);
  const struct {
    const char *name;
    void (*run)(int family);
  } parts[] = {{"stream", stream},     {"large", large},     {"refused", refused}, {"reset", reset},
               {"datagram", datagram}, {"holders", holders}, {"unseen", unseen},   {"moved", moved}};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
    if (strcmp(arguments[1], parts[i].name) != 0) continue;
    parts[i].run(AF_INET);
    parts[i].run(AF_INET6);
  }
  if (strcmp(arguments[1], "killed") == 0) killed(atoi(arguments[2]));
  if (strcmp(arguments[1], "daemon") == 0) daemonize(arguments[0], arguments[2]);
  if (strcmp(arguments[1], "executed") == 0) executed(atoi(arguments[2]), atoi(arguments[3]));
  say("end");
}
