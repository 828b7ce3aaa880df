/* SPDX-License-Identifier: MIT
 * cc: -pthread
 * One thread sleeps in a call on a socket; the others go on: with the same socket, with new ones, with fork. */
#include <pthread.h>

#include "transcript.h"

struct job {
  int fd;
  char bytes[64];
  long result;
};

static void *reader(void *argument) {
  struct job *job = argument;
  job->result = (long)recv(job->fd, job->bytes, sizeof job->bytes, 0);
  return NULL;
}
static void *acceptor(void *argument) {
  struct job *job = argument;
  int fd = accept(job->fd, NULL, NULL);
  job->result = fd < 0 ? -errno : (long)send(fd, "welcome", 7, 0);
  close(fd);
  return NULL;
}
static void *writer(void *argument) {
  struct job *job = argument;
  static char block[1 << 20];
  job->result = (long)write(job->fd, block, sizeof block);
  return NULL;
}
static void *churn(void *argument) {
  int family = *(int *)argument;
  for (int i = 0; i < 200; i++) {
    int fd = socket(family, i & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
    struct name n = loopback(family, 0);
    if (fd < 0 || bind(fd, sa(&n), n.length) < 0) return (void *)1;
    n = local_of(fd);
    if (name_port_of(&n) == 0 || close(fd) < 0) return (void *)2;
  }
  return NULL;
}

static void run(int family) {
  pthread_t thread, second;
  struct pair p = stream_pair(family);
  struct job job = {.fd = p.server};
  must(pthread_create(&thread, NULL, reader, &job) == 0);
  say_local("while it reads", p.server);
  struct pair q = stream_pair(family);
  check("another pair works", send(q.client, "x", 1, 0));
  pid_t child = fork();
  if (child == 0) _exit(send(p.client, "child", 5, 0) == 5 ? 0 : 1);
  say("fork beside it: %d", end_of(child));
  must(pthread_join(thread, NULL) == 0);
  say("it read %ld", job.result);
  close_pair(q);

  must(pthread_create(&thread, NULL, writer, &(struct job){.fd = p.client}) == 0);
  static char block[1 << 20];
  check("a reader for a full connection", (long)read_all(p.server, block, sizeof block));
  must(pthread_join(thread, NULL) == 0);
  close_pair(p);

  int server = listener(family);
  struct job accepting = {.fd = server};
  must(pthread_create(&thread, NULL, acceptor, &accepting) == 0);
  int client = connected_to(server);
  check("welcome", (long)read_all(client, block, 7));
  must(pthread_join(thread, NULL) == 0);
  say("it sent %ld", accepting.result);
  close(client);
  close(server);

  int udp = bound(family, SOCK_DGRAM, "udp");
  struct name own = local_of(udp);
  struct job waiting = {.fd = udp};
  must(pthread_create(&thread, NULL, reader, &waiting) == 0);
  check("sendto beside it", sendto(udp, "to myself", 9, 0, sa(&own), own.length));
  must(pthread_join(thread, NULL) == 0);
  say("it read %ld", waiting.result);
  close(udp);

  void *ends[2];
  must(pthread_create(&thread, NULL, churn, &family) == 0 && pthread_create(&second, NULL, churn, &family) == 0);
  must(pthread_join(thread, &ends[0]) == 0 && pthread_join(second, &ends[1]) == 0);
  say("400 sockets made and closed by two threads: %d", ends[0] == NULL && ends[1] == NULL);
}

int main(void) {
  each_family(run);
  say("end");
}
