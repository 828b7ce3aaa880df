/* SPDX-License-Identifier: MIT
 * Ends what is left of a worker's networks when the worker is gone, however it went. Standard input is a pipe whose other end the worker
 * alone holds: lines "+<dir>" and "-<dir>" say which networks it has, and the end of the pipe is the end of the worker. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../shim/life.h"

static struct guarded *networks;
static size_t network_count, network_room;

/* The arena can be written by every process of its network, which includes cutting it short: then reading it raises SIGBUS. */
static sigjmp_buf cut_short;
static volatile sig_atomic_t reading;

static void on_bus_error(int signal_number) {
  if (reading) siglongjmp(cut_short, 1);
  signal(signal_number, SIG_DFL);
  raise(signal_number);
}

u32 guarded_processes(const struct guarded *network, struct wire_process *out, u32 count) {
  u32 found = 0;
  if (sigsetjmp(cut_short, 1) == 0) {
    reading = 1;
    found = arena_processes(network->arena, out, count);
  }
  reading = 0;
  return found;
}

void guarded_end(const struct guarded *network) {
  if (sigsetjmp(cut_short, 1) == 0) {
    reading = 1;
    arena_end(network->arena);
  }
  reading = 0;
}

/* Returns 0 or -errno. */
static int open_network(struct guarded *network) {
  char file[PATH_MAX + sizeof ARENA_FILE];
  struct stat found;
  volatile int result = -EPROTO;
  if (sigsetjmp(cut_short, 1) == 0) {
    reading = 1;
    result = arena_open(network->dir, &network->arena);
    if (result == 0) network->network_id = arena_head(network->arena)->networkId;
  }
  reading = 0;
  if (result < 0) return result;
  strcpy(stpcpy(file, network->dir), "/" ARENA_FILE);
  if (lstat(file, &found) < 0) {
    arena_close(network->arena);
    return -ENOENT;
  }
  network->device = found.st_dev;
  network->inode = found.st_ino;
  return 0;
}

static struct guarded *find(const char *dir) {
  for (size_t i = 0; i < network_count; i++)
    if (strcmp(networks[i].dir, dir) == 0) return &networks[i];
  return NULL;
}

static void forget(const char *dir) {
  struct guarded *network = find(dir);
  if (!network) return;
  arena_close(network->arena);
  *network = networks[--network_count];
}

/* The arena is mapped at once: it is needed when the directory may be gone. */
static void watch(const char *dir) {
  forget(dir);
  if (network_count == network_room) {
    size_t room = network_room ? network_room * 2 : 8;
    void *grown = realloc(networks, room * sizeof *networks);
    if (!grown) return;
    networks = grown;
    network_room = room;
  }
  struct guarded *network = &networks[network_count];
  strcpy(network->dir, dir);
  if (open_network(network) == 0) network_count++;
}

static void obey(const char *line, size_t length) {
  if (length < 2 || length >= PATH_MAX || line[1] != '/' || memchr(line, 0, length)) return;
  if (line[0] == '+') watch(line + 1);
  if (line[0] == '-') forget(line + 1);
}

/* Returns at the end of the pipe. What has no end of line there is no line; one that is too long for a path is cut, and then refused. */
static void listen_to_worker(void) {
  static char line[PATH_MAX + 2];
  size_t length = 0;
  for (;;) {
    char bytes[4096];
    ssize_t got = read(STDIN_FILENO, bytes, sizeof bytes);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN && poll(&(struct pollfd){.fd = STDIN_FILENO, .events = POLLIN}, 1, -1) >= 0) continue;
    if (got <= 0) return;
    for (ssize_t i = 0; i < got; i++) {
      if (bytes[i] != '\n') {
        if (length < sizeof line - 1) line[length++] = bytes[i];
        continue;
      }
      line[length] = 0;
      obey(line, length);
      length = 0;
    }
  }
}

/* Nothing that happens to the worker's session, terminal or directory may end the guard or be held up by it. */
static void stand_alone(void) {
  static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM};
  for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) signal(ignored[i], SIG_IGN);
  sigaction(SIGBUS, &(struct sigaction){.sa_handler = on_bus_error}, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid(); /* fails only for a leader of a session, which is what we want to be */
  if (chdir("/") < 0) _exit(1);
  if (syscall(SYS_close_range, 1, ~0U, 0) < 0)
    for (int fd = 1, end = (int)sysconf(_SC_OPEN_MAX); fd < end; fd++) close(fd);
  /* Numbers 1 and 2 must not be given to a file of ours. */
  int null = open("/dev/null", O_RDWR);
  if (null < 0 || dup(null) < 0) _exit(1);
}

int main(void) {
  struct life worker;
  if (life_read(getppid(), &worker) < 0 && life_read(getpid(), &worker) < 0) return 1;
  stand_alone();
  listen_to_worker();
  end_processes(networks, network_count, worker.started_ns);
  for (size_t i = 0; i < network_count; i++) remove_directory(&networks[i]);
  return 0;
}
