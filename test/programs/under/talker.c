/* SPDX-License-Identifier: MIT
 * talker: does what it is told, line by line, and answers each line with its number. Two of them, each under a library of its own, have any
 * conversation that a test wants, step by step. Sockets have names of one letter. */
#include "../transcript.h"

static int sockets[128];
static char *words[8];
static int count;

static int *at(int word) { return &sockets[word < count ? words[word][0] & 127 : 0]; }
static int family_of(int fd) {
  int family = 0;
  socklen_t length = sizeof family;
  must(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) == 0);
  return family;
}
static struct name address_in(int fd, int word) { return name_of(family_of(fd), words[word], atoi(words[word + 1])); }

/* Ports below 1024 are the test's; others are chosen by a library. */
static const char *shown(const struct name *n) {
  static char out[96];
  char host[INET6_ADDRSTRLEN] = "";
  int port = name_port_of(n);
  if (n->length == 0) return "nobody";
  const void *bytes = n->at.ss_family == AF_INET ? (const void *)&((const struct sockaddr_in *)&n->at)->sin_addr
                                                 : &((const struct sockaddr_in6 *)&n->at)->sin6_addr;
  inet_ntop(n->at.ss_family, bytes, host, sizeof host);
  snprintf(out, sizeof out, port && port < 1024 ? "%s %d" : "%s *", host, port);
  return out;
}

static const char *result_of(long result) {
  static char out[32];
  if (result < 0) return strerrorname_np(errno);
  snprintf(out, sizeof out, "%ld", result);
  return out;
}

static void make(void) {
  int type = strcmp(words[2], "tcp") == 0 ? SOCK_STREAM : SOCK_DGRAM;
  *at(1) = socket(words[3][0] == '4' ? AF_INET : AF_INET6, type, 0);
  struct timeval patience = {.tv_sec = 5};
  must(*at(1) >= 0 && setsockopt(*at(1), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0);
}

static const char *receive(int fd) {
  static char out[200];
  char bytes[64] = "";
  struct name from = {.length = sizeof from.at};
  long got = recvfrom(fd, bytes, sizeof bytes - 1, 0, sa(&from), &from.length);
  if (got < 0) return result_of(got);
  int type = 0;
  socklen_t length = sizeof type;
  must(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0);
  if (type == SOCK_STREAM) from.length = 0;
  snprintf(out, sizeof out, "\"%s\" from %s", bytes, shown(&from));
  return type == SOCK_STREAM && got == 0 ? "the end" : out;
}

static const char *name_told(int fd, int (*call)(int, struct sockaddr *, socklen_t *)) {
  struct name n = {.length = sizeof n.at};
  return call(fd, sa(&n), &n.length) < 0 ? strerrorname_np(errno) : shown(&n);
}

static const char *port_text(int fd) {
  static char out[16];
  struct name n = local_of(fd);
  snprintf(out, sizeof out, "%d", name_port_of(&n));
  return out;
}

static int call_getsockname(int fd, struct sockaddr *out, socklen_t *length) { return getsockname(fd, out, length); }
static int call_getpeername(int fd, struct sockaddr *out, socklen_t *length) { return getpeername(fd, out, length); }

/* A connected pair of unix sockets would not reach the other process: one of them serves at a path. */
static int unix_socket(const char *path, bool serves) {
  struct sockaddr_un at = {.sun_family = AF_UNIX};
  must(strlen(path) < sizeof at.sun_path);
  strcpy(at.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  must((serves ? bind : connect)(fd, (struct sockaddr *)&at, sizeof at) == 0);
  if (serves) must(listen(fd, 1) == 0);
  return fd;
}

static const char *give(int carrier) {
  char control[CMSG_SPACE(4 * sizeof(int))] = {0};
  struct iovec bytes = {"b", 1};
  struct msghdr message = {
      .msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = CMSG_SPACE((count - 2) * sizeof(int))};
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  *head = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN((count - 2) * sizeof(int))};
  for (int i = 2; i < count; i++) memcpy(CMSG_DATA(head) + (i - 2) * sizeof(int), at(i), sizeof(int));
  return result_of(sendmsg(carrier, &message, 0));
}

static const char *take(int carrier) {
  static char out[32];
  char control[CMSG_SPACE(8 * sizeof(int))], byte;
  struct iovec bytes = {&byte, 1};
  struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  long got = recvmsg(carrier, &message, 0);
  if (got < 0) return result_of(got);
  struct cmsghdr *head = CMSG_FIRSTHDR(&message);
  int found = head ? (int)((head->cmsg_len - CMSG_LEN(0)) / sizeof(int)) : 0;
  for (int i = 0; i < found && i + 2 < count; i++) memcpy(at(i + 2), CMSG_DATA(head) + i * sizeof(int), sizeof(int));
  snprintf(out, sizeof out, "%d descriptors", found);
  return out;
}

static const char *act(void) {
  const char *what = words[0];
  int fd = *at(1), on = 1;
  if (strcmp(what, "socket") == 0) return make(), "0";
  if (strcmp(what, "reuse") == 0) return result_of(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on));
  if (strcmp(what, "broadcast") == 0) return result_of(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on));
  if (strcmp(what, "listen") == 0) return result_of(listen(fd, 8));
  if (strcmp(what, "receive") == 0) return receive(fd);
  if (strcmp(what, "name") == 0) return name_told(fd, call_getsockname);
  if (strcmp(what, "peer") == 0) return name_told(fd, call_getpeername);
  if (strcmp(what, "port") == 0) return port_text(fd);
  if (strcmp(what, "end") == 0) return result_of(shutdown(fd, SHUT_WR));
  if (strcmp(what, "close") == 0) return result_of(close(fd));
  if (strcmp(what, "send") == 0) return result_of(send(fd, words[2], strlen(words[2]), MSG_NOSIGNAL));
  if (strcmp(what, "serve") == 0) return *at(1) = unix_socket(words[2], true), "0";
  if (strcmp(what, "join") == 0) return *at(1) = unix_socket(words[2], false), "0";
  if (strcmp(what, "meet") == 0) return (*at(2) = accept(fd, NULL, NULL)) < 0 ? "nobody" : "0";
  if (strcmp(what, "give") == 0) return give(fd);
  if (strcmp(what, "take") == 0) return take(fd);
  if (strcmp(what, "accept") == 0) {
    struct name from = {.length = sizeof from.at};
    *at(2) = accept(fd, sa(&from), &from.length);
    return *at(2) < 0 ? result_of(*at(2)) : shown(&from);
  }
  struct name to = address_in(fd, 2);
  if (strcmp(what, "bind") == 0) return result_of(bind(fd, sa(&to), to.length));
  if (strcmp(what, "connect") == 0) return result_of(connect(fd, sa(&to), to.length));
  must(strcmp(what, "sendto") == 0);
  return result_of(sendto(fd, words[4], strlen(words[4]), 0, sa(&to), to.length));
}

int main(void) {
  char line[256];
  for (int number = 1; fgets(line, sizeof line, stdin); number++) {
    count = 0;
    for (char *word = strtok(line, " \n"); word && count < 8; word = strtok(NULL, " \n")) words[count++] = word;
    must(count > 0);
    say("%d: %s", number, act());
  }
}
