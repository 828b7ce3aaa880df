/* SPDX-License-Identifier: MIT
 * One operation in a loop, the same source for every variant: `operations <operation> <inet|unix> <times>` prints nanoseconds per operation.
 * unix: AF_UNIX sockets, listeners and receivers in the current directory; inet: 127.0.0.1. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int is_unix;

static void must(int ok, const char *what) {
  if (ok) return;
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int make(int type) {
  int fd = socket(is_unix ? AF_UNIX : AF_INET, type, 0);
  must(fd >= 0, "socket");
  return fd;
}

union address {
  struct sockaddr any;
  struct sockaddr_in in;
  struct sockaddr_un un;
};

static socklen_t bind_to(int fd, union address *a, const char *name) {
  memset(a, 0, sizeof *a);
  socklen_t length = sizeof a->in;
  if (is_unix) {
    a->un.sun_family = AF_UNIX;
    strcpy(a->un.sun_path, name);
    unlink(name);
    length = sizeof a->un;
  } else {
    a->in.sin_family = AF_INET;
    a->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  must(bind(fd, &a->any, length) == 0, "bind");
  if (!is_unix) must(getsockname(fd, &a->any, &length) == 0, "getsockname");
  return length;
}

static void stream_pair(int pair[2]) {
  union address a;
  int listener = make(SOCK_STREAM);
  socklen_t length = bind_to(listener, &a, "stream");
  must(listen(listener, 8) == 0, "listen");
  pair[0] = make(SOCK_STREAM);
  must(connect(pair[0], &a.any, length) == 0, "connect");
  pair[1] = accept(listener, NULL, NULL);
  must(pair[1] >= 0, "accept");
  close(listener);
}

static void stream_data(long times) {
  int pair[2];
  char bytes[100] = {0};
  stream_pair(pair);
  for (long i = 0; i < times; i++) {
    must(send(pair[0], bytes, sizeof bytes, 0) == sizeof bytes, "send");
    must(recv(pair[1], bytes, sizeof bytes, 0) == sizeof bytes, "recv");
  }
}

static void stream_bulk(long times) {
  int pair[2];
  static char bytes[65536];
  stream_pair(pair);
  for (long i = 0; i < times; i++) {
    for (size_t put = 0; put < sizeof bytes;) { /* the reference writes at most 1500 bytes at once */
      ssize_t n = write(pair[0], bytes, sizeof bytes - put);
      must(n > 0, "write");
      put += (size_t)n;
    }
    for (size_t got = 0; got < sizeof bytes;) {
      ssize_t n = read(pair[1], bytes, sizeof bytes);
      must(n > 0, "read");
      got += (size_t)n;
    }
  }
}

static void datagram_data(long times) {
  union address to, from;
  char bytes[100] = {0};
  int receiver = make(SOCK_DGRAM), sender = make(SOCK_DGRAM);
  socklen_t length = bind_to(receiver, &to, "receiver");
  bind_to(sender, &from, "sender");
  for (long i = 0; i < times; i++) {
    socklen_t size = sizeof from;
    must(sendto(sender, bytes, sizeof bytes, 0, &to.any, length) == sizeof bytes, "sendto");
    must(recvfrom(receiver, bytes, sizeof bytes, 0, &from.any, &size) == sizeof bytes, "recvfrom");
  }
}

static void connected_datagram(long times) {
  union address to;
  char bytes[100] = {0};
  int receiver = make(SOCK_DGRAM), sender = make(SOCK_DGRAM);
  socklen_t length = bind_to(receiver, &to, "receiver");
  must(connect(sender, &to.any, length) == 0, "connect");
  for (long i = 0; i < times; i++) {
    must(send(sender, bytes, sizeof bytes, 0) == sizeof bytes, "send");
    must(recv(receiver, bytes, sizeof bytes, 0) == sizeof bytes, "recv");
  }
}

static void other_descriptor(long times) {
  char bytes[1];
  int fd = open("/dev/null", O_RDONLY);
  for (long i = 0; i < times; i++) must(read(fd, bytes, sizeof bytes) == 0, "read");
}

static void socket_close(long times) {
  for (long i = 0; i < times; i++) close(make(SOCK_STREAM));
}

static void bind_close(long times) {
  union address a;
  for (long i = 0; i < times; i++) {
    int fd = make(SOCK_STREAM);
    bind_to(fd, &a, "bound");
    close(fd);
  }
}

static void connect_accept(long times) {
  union address a;
  int listener = make(SOCK_STREAM);
  socklen_t length = bind_to(listener, &a, "listener");
  must(listen(listener, 8) == 0, "listen");
  for (long i = 0; i < times; i++) {
    int client = make(SOCK_STREAM);
    must(connect(client, &a.any, length) == 0, "connect");
    int server = accept(listener, NULL, NULL);
    must(server >= 0, "accept");
    close(client);
    close(server);
  }
}

static void pass(long times) {
  int pair[2], carrier[2], received;
  stream_pair(pair);
  must(socketpair(AF_UNIX, SOCK_STREAM, 0, carrier) == 0, "socketpair");
  for (long i = 0; i < times; i++) {
    char byte = 0, control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec vector = {&byte, 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))};
    memcpy(CMSG_DATA(header), &pair[1], sizeof(int));
    must(sendmsg(carrier[0], &message, 0) == 1, "sendmsg");
    message.msg_controllen = sizeof control;
    must(recvmsg(carrier[1], &message, 0) == 1, "recvmsg");
    memcpy(&received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof received);
    close(received);
  }
}

static void fork_child(long times) {
  close(make(SOCK_STREAM));
  for (long i = 0; i < times; i++) {
    pid_t child = fork();
    if (child == 0) _exit(0);
    must(waitpid(child, NULL, 0) == child, "waitpid");
  }
}

/* Private memory of this process after its first socket, in bytes: printed instead of a time. */
static long private_memory(void) {
  close(make(SOCK_STREAM));
  FILE *file = fopen("/proc/self/smaps_rollup", "r");
  must(file != NULL, "smaps_rollup");
  char line[256];
  long sum = 0, kilobytes;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "Private_Dirty: %ld", &kilobytes) == 1) sum += kilobytes * 1024;
  fclose(file);
  return sum;
}

static const struct {
  const char *name;
  void (*run)(long);
} operations[] = {
    {"stream-data", stream_data},
    {"stream-bulk", stream_bulk},
    {"datagram-data", datagram_data},
    {"connected-datagram", connected_datagram},
    {"other-descriptor", other_descriptor},
    {"socket-close", socket_close},
    {"bind-close", bind_close},
    {"connect-accept", connect_accept},
    {"pass", pass},
    {"first-socket", socket_close},
    {"fork", fork_child},
};

int main(int count, char **arguments) {
  if (count != 4) return 2;
  is_unix = strcmp(arguments[2], "unix") == 0;
  long times = atol(arguments[3]);
  if (strcmp(arguments[1], "private-memory") == 0) {
    printf("%ld\n", private_memory());
    return 0;
  }
  for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
    if (strcmp(operations[i].name, arguments[1]) != 0) continue;
    double start = now();
    operations[i].run(times);
    printf("%.1f\n", (now() - start) / (double)times);
    return 0;
  }
  return 2;
}
