/* SPDX-License-Identifier: MIT
 * What all programs here share: they print what the calls answered, one line each, and nothing that may differ between two runs
 * (no descriptor numbers, no pids; a port is printed by the name that the program gave it). */
#ifndef TRANSCRIPT_H
#define TRANSCRIPT_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* A program that waits for ever ends as a failure, not as a hang. */
__attribute__((constructor)) static void transcript_limit(void) { alarm(20); }

/* One line, one write: nothing stays in a buffer that a fork would copy. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...) {
  char line[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  va_end(arguments);
  if (length > (int)sizeof line - 2) length = (int)sizeof line - 2;
  line[length++] = '\n';
  if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(3);
}

/* Stops the program: for steps that are not what it shows. */
#define must(condition)                                                                             \
  do {                                                                                              \
    if (!(condition)) {                                                                             \
      say("%s:%d: not true: %s (%s)", __FILE_NAME__, __LINE__, #condition, strerrorname_np(errno)); \
      _exit(2);                                                                                     \
    }                                                                                               \
  } while (0)

/* Prints a result that is the same in every run. */
static UNUSED long check(const char *what, long result) {
  if (result < 0)
    say("%s: %s", what, strerrorname_np(errno));
  else
    say("%s: %ld", what, result);
  return result;
}

/* The same for a call that answers a descriptor. */
static UNUSED int check_fd(const char *what, int fd) {
  if (fd < 0)
    say("%s: %s", what, strerrorname_np(errno));
  else
    say("%s: a descriptor", what);
  return fd;
}

static struct {
  int port;
  const char *name;
} transcript_ports[16];
static int transcript_port_count;
static UNUSED void name_port(int port, const char *name) {
  int i = transcript_port_count < 16 ? transcript_port_count++ : 15;
  transcript_ports[i].port = port;
  transcript_ports[i].name = name;
}
static const char *port_name(int port) {
  if (port == 0) return "0";
  for (int i = transcript_port_count - 1; i >= 0; i--)
    if (transcript_ports[i].port == port) return transcript_ports[i].name;
  return "another";
}

struct name {
  struct sockaddr_storage at;
  socklen_t length;
};
static int name_port_of(const struct name *n) {
  if (n->at.ss_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)&n->at)->sin6_port);
  return ntohs(((const struct sockaddr_in *)&n->at)->sin_port);
}
static struct name name_of(int family, const char *address, int port) {
  struct name n = {.at.ss_family = (sa_family_t)family};
  if (family == AF_INET) {
    struct sockaddr_in *in = (struct sockaddr_in *)&n.at;
    in->sin_port = htons((uint16_t)port);
    inet_pton(AF_INET, address, &in->sin_addr);
    n.length = sizeof *in;
  } else {
    struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&n.at;
    in6->sin6_port = htons((uint16_t)port);
    inet_pton(AF_INET6, address, &in6->sin6_addr);
    n.length = sizeof *in6;
  }
  return n;
}
static UNUSED struct name loopback(int family, int port) { return name_of(family, family == AF_INET ? "127.0.0.1" : "::1", port); }
static UNUSED struct name any_address(int family, int port) { return name_of(family, family == AF_INET ? "0.0.0.0" : "::", port); }
static struct sockaddr *sa(struct name *n) { return (struct sockaddr *)&n->at; }

/* "127.0.0.1:server", "[::1]:client", "unix" ... */
static UNUSED const char *text(const struct name *n) {
  static char texts[4][96];
  static int next;
  char *out = texts[next++ & 3], host[INET6_ADDRSTRLEN] = "";
  if (n->length == 0) return "nothing";
  if (n->at.ss_family == AF_INET) {
    inet_ntop(AF_INET, &((const struct sockaddr_in *)&n->at)->sin_addr, host, sizeof host);
    snprintf(out, 96, "%s:%s (%u bytes)", host, port_name(name_port_of(n)), n->length);
  } else if (n->at.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)&n->at)->sin6_addr, host, sizeof host);
    snprintf(out, 96, "[%s]:%s (%u bytes)", host, port_name(name_port_of(n)), n->length);
  } else {
    snprintf(out, 96, "family %d (%u bytes)", n->at.ss_family, n->length);
  }
  return out;
}
static struct name local_of(int fd) {
  struct name n = {.length = sizeof n.at};
  if (getsockname(fd, sa(&n), &n.length) < 0) n.length = 0;
  return n;
}
static UNUSED void say_local(const char *what, int fd) {
  struct name n = {.length = sizeof n.at};
  if (getsockname(fd, sa(&n), &n.length) < 0)
    say("%s: local %s", what, strerrorname_np(errno));
  else
    say("%s: local %s", what, text(&n));
}
static UNUSED void say_peer(const char *what, int fd) {
  struct name n = {.length = sizeof n.at};
  if (getpeername(fd, sa(&n), &n.length) < 0)
    say("%s: peer %s", what, strerrorname_np(errno));
  else
    say("%s: peer %s", what, text(&n));
}

/* True when nobody has the port, on any address, of either family and type. */
/* Whoever else lets the kernel choose may be given a port that this program counts on. So on the kernel it has a loopback of its own, where the
 * machine lets it: root may, and others in a user namespace. */
static UNUSED void leave_others(void) {
  if (getenv("LD_PRELOAD")) return;
  if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) return;
  struct ifreq loop = {.ifr_name = "lo", .ifr_flags = IFF_UP};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  must(fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &loop) == 0);
  close(fd);
}

static UNUSED bool nobody_has(int port) {
  bool is_free = true;
  for (int i = 0; is_free && i < 4; i++) {
    int fd = socket(i & 1 ? AF_INET6 : AF_INET, (i & 2 ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    must(fd >= 0);
    struct name n = any_address(i & 1 ? AF_INET6 : AF_INET, port);
    is_free = bind(fd, sa(&n), n.length) == 0;
    must(close(fd) == 0);
  }
  return is_free;
}

/* A name that only one process of the machine can have, for as long as it lives: programs of two suites take different ports. */
static UNUSED bool claim_port(int port) {
  struct sockaddr_un un = {.sun_family = AF_UNIX};
  int length = snprintf(un.sun_path + 1, sizeof un.sun_path - 1, "transcript-port-%d", port);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool is_ours = fd >= 0 && bind(fd, (struct sockaddr *)&un, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length)) == 0;
  /* Out of the way of numbers that programs look at; without room for it there, the port is just tried. */
  if (is_ours) fcntl(fd, F_DUPFD_CLOEXEC, 900);
  if (fd >= 0) close(fd);
  return is_ours;
}

/* A port for a program that binds it again and again. Not one of the kernel's own choice: between two binds another process of the machine
 * may be given that. Below ip_local_port_range, and far from the ports of programs that run at the same time. */
static UNUSED int own_port(void) {
  enum { FIRST = 10000, COUNT = 22000, STRIDE = 16 };
  static int given;
  for (int tries = 0; tries < COUNT / STRIDE; tries++) {
    int port = FIRST + (int)(((long)getpid() * STRIDE + given++) % COUNT);
    if (claim_port(port) && nobody_has(port)) return port;
  }
  say("no port is free");
  _exit(2);
}

/* A bound socket on loopback whose port gets `name`; UDP may have the number of a TCP port, which would have two names here. */
static UNUSED int bound(int family, int type, const char *name) {
  int fd = socket(family, type | SOCK_CLOEXEC, 0);
  must(fd >= 0);
  struct name n = loopback(family, own_port());
  must(bind(fd, sa(&n), n.length) == 0);
  name_port(name_port_of(&n), name);
  return fd;
}
static UNUSED int listener(int family) {
  int fd = bound(family, SOCK_STREAM, "server");
  must(listen(fd, 16) == 0);
  return fd;
}
static UNUSED int connected_to(int fd_of_server) {
  struct name n = local_of(fd_of_server);
  int fd = socket(n.at.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(fd >= 0);
  must(connect(fd, sa(&n), n.length) == 0);
  n = local_of(fd);
  name_port(name_port_of(&n), "client");
  return fd;
}
struct pair {
  int client, server;
};
static UNUSED struct pair stream_pair(int family) {
  int listening = listener(family);
  struct pair p = {.client = connected_to(listening)};
  p.server = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
  must(p.server >= 0);
  must(close(listening) == 0);
  return p;
}
/* Two UDP sockets, connected to each other. */
static UNUSED struct pair datagram_pair(int family) {
  struct pair p = {.client = bound(family, SOCK_DGRAM, "client"), .server = bound(family, SOCK_DGRAM, "server")};
  struct name client = local_of(p.client), server = local_of(p.server);
  must(connect(p.client, sa(&server), server.length) == 0);
  must(connect(p.server, sa(&client), client.length) == 0);
  return p;
}
static UNUSED void close_pair(struct pair p) {
  close(p.client);
  close(p.server);
}

/* Waits for an event; what comes is printed by the caller. */
static UNUSED short wait_for(int fd, short events) {
  struct pollfd p = {.fd = fd, .events = events};
  must(poll(&p, 1, 20000) == 1);
  return p.revents;
}
static UNUSED const char *events_text(short events) {
  static char out[64];
  snprintf(out, sizeof out, "%s%s%s%s%s", events & POLLIN ? "IN " : "", events & POLLOUT ? "OUT " : "", events & POLLRDHUP ? "RDHUP " : "",
           events & POLLHUP ? "HUP " : "", events & POLLERR ? "ERR " : "");
  return *out ? out : "none ";
}
/* All of `length` bytes, whatever the pieces. */
static UNUSED size_t read_all(int fd, void *buffer, size_t length) {
  size_t done = 0;
  while (done < length) {
    ssize_t n = read(fd, (char *)buffer + done, length - done);
    if (n <= 0) break;
    done += (size_t)n;
  }
  return done;
}
static UNUSED int end_of(pid_t child) {
  int status;
  must(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static UNUSED void each_family(void (*run)(int family)) {
  say("IPv4");
  run(AF_INET);
  transcript_port_count = 0;
  say("IPv6");
  run(AF_INET6);
  transcript_port_count = 0;
}

#endif
