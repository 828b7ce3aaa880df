/* SPDX-License-Identifier: MIT
 * pass_foreign <sender's preload> <receiver's preload> <path>: two programs of which one or both may be without the shim ("-").
 * A receiver without the shim must not see a descriptor more than was sent. PASS_FEW leaves the message of 20 descriptors out: some versions
 * of socket_wrapper send no more than 6. */
#include <sys/mman.h>

#include "passing.h"

static struct sockaddr_un address_at(const char *path) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  must(strlen(path) < sizeof at.sun_path);
  strcpy(at.sun_path, path);
  return at;
}

static int carrier_end(const char *path, bool listens) {
  struct sockaddr_un at = address_at(path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (!listens) {
    must(connect(fd, (struct sockaddr *)&at, sizeof at) == 0);
    return fd;
  }
  must(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 1) == 0);
  must(write(STDIN_FILENO, "l", 1) == 1); /* the other may come */
  int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  must(accepted >= 0);
  close(fd);
  unlink(path);
  return accepted;
}

static int sender(const char *path, bool listens) {
  int carrier = carrier_end(path, listens);
  struct pair p = stream_pair(AF_INET);
  int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), ends[2];
  must(lseek(file, 5, SEEK_SET) == 5 && pipe2(ends, O_CLOEXEC) == 0);
  int one[] = {p.server}, two[] = {p.server, file}, three[] = {p.server, file, ends[0]}, none[] = {file};
  check("send 1", send_descriptors(carrier, one, 1, 0));
  check("send 2", send_descriptors(carrier, two, 2, 0));
  check("send 3", send_descriptors(carrier, three, 3, 0));
  check("send a file", send_descriptors(carrier, none, 1, 0));
  int many[20];
  for (int i = 0; i < 20; i++) many[i] = i % 2 ? file : p.server;
  if (!getenv("PASS_FEW")) check("send 20", send_descriptors(carrier, many, 20, 0));
  char byte = 0;
  must(read(carrier, &byte, 1) == 1);
  /* What the receiver wrote into the passed connection. */
  must(read(p.client, &byte, 1) == 1);
  say("through the passed one came '%c'", byte);
  close_pair(p);
  return 0;
}

static int receiver(const char *path, bool listens) {
  int carrier = carrier_end(path, listens), base = open_descriptors();
  for (int i = 0; i < (getenv("PASS_FEW") ? 4 : 5); i++) {
    /* Room for one descriptor more than were sent: a pipe too many would show. */
    struct received r = receive_into(carrier, CMSG_SPACE(32 * sizeof(int)), MSG_CMSG_CLOEXEC);
    say_received("received", &r);
    if (r.count == 2) say("the file's offset is %ld", (long)lseek(r.fds[1], 0, SEEK_CUR));
    if (r.count == 1 && i == 0) must(write(r.fds[0], "z", 1) == 1);
    close_received(&r);
  }
  say("%d more descriptors are open", open_descriptors() - base);
  must(write(carrier, "d", 1) == 1);
  char byte;
  check("the sender ended", read(carrier, &byte, 1));
  return 0;
}

/* Each writes its transcript into a file of its own: both write at once, and only one order may be seen. */
static pid_t start(const char *preload, const char *role, const char *path, int wake, int transcript) {
  pid_t pid = fork();
  if (pid) return pid;
  must(dup2(transcript, STDOUT_FILENO) == STDOUT_FILENO);
  if (strcmp(preload, "-") != 0) setenv("LD_PRELOAD", preload, 1);
  must(dup2(wake, STDIN_FILENO) == STDIN_FILENO);
  execl("/proc/self/exe", "pass_foreign", role, path, NULL);
  _exit(9);
}

int main(int count, char **arguments) {
  if (count == 3) {
    bool listens = arguments[1][1] == 'l';
    return arguments[1][0] == 's' ? sender(arguments[2], listens) : receiver(arguments[2], listens);
  }
  must(count == 4);
  for (int sender_listens = 0; sender_listens < 2; sender_listens++) {
    say("the %s listens", sender_listens ? "sender" : "receiver");
    int wake[2], transcripts[] = {memfd_create("first", MFD_CLOEXEC), memfd_create("second", MFD_CLOEXEC)};
    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wake) == 0);
    pid_t first = start(arguments[2 - sender_listens], sender_listens ? "sl" : "rl", arguments[3], wake[1], transcripts[0]);
    char byte;
    must(read(wake[0], &byte, 1) == 1);
    pid_t second = start(arguments[1 + sender_listens], sender_listens ? "rc" : "sc", arguments[3], wake[1], transcripts[1]);
    say("ended with %d %d", end_of(first), end_of(second));
    for (int i = 0; i < 2; i++) {
      char text[4096];
      ssize_t size = pread(transcripts[i], text, sizeof text, 0);
      must(size > 0 && write(STDOUT_FILENO, text, (size_t)size) == size);
      close(transcripts[i]);
    }
  }
  say("end");
}
