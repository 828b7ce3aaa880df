/* SPDX-License-Identifier: MIT
 * The peer closes: its bytes and its end are read, the first write is taken and nobody reads it, then writing is EPIPE. When it left bytes
 * unread, or closed with SO_LINGER 0, ECONNRESET. */
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "transcript.h"

static char bytes[16];
static volatile sig_atomic_t pipes;
static void on_pipe(int number) { (void)number, pipes++; }

static const char *error_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  must(getsockopt(fd, SOL_SOCKET, SO_ERROR, &value, &length) == 0);
  return value ? strerrorname_np(value) : "0";
}

static void put(const char *what, int fd, int flags) {
  pipes = 0;
  check(what, send(fd, "x", 1, flags));
  if (pipes) say("  SIGPIPE");
}

static void take(const char *what, int fd) { check(what, recv(fd, bytes, sizeof bytes, 0)); }

/* The peer has answered bytes that it did not want: seen by poll. */
static void wait_reset(int fd) { wait_for(fd, 0); }

static void ordinary_end(int family) {
  struct pair p = stream_pair(family);
  must(send(p.server, "bye", 3, 0) == 3);
  close(p.server);
  say("poll: %s", events_text(wait_for(p.client, POLLIN | POLLRDHUP)));
  take("what it wrote", p.client);
  take("the end", p.client);
  say_peer("gone", p.client);
  put("nothing", p.client, 0);
  put("the first write after the end", p.client, 0);
  wait_reset(p.client);
  say_peer("reset", p.client);
  say_local("reset", p.client);
  say("SO_ERROR: %s", error_of(p.client));
  put("the second", p.client, 0);
  put("the third", p.client, MSG_NOSIGNAL);
  take("still the end", p.client);
  check("shutdown", shutdown(p.client, SHUT_WR));
  close(p.client);

  p = stream_pair(family);
  must(send(p.server, "DENIED", 6, 0) == 6);
  close(p.server);
  wait_for(p.client, POLLRDHUP);
  put("a request to a peer that has answered and gone", p.client, MSG_NOSIGNAL);
  wait_reset(p.client);
  take("its answer", p.client);
  take("the end", p.client);
  close(p.client);

  p = stream_pair(family);
  must(shutdown(p.server, SHUT_WR) == 0);
  wait_for(p.client, POLLRDHUP);
  take("the end of a half closed peer", p.client);
  put("to a half closed peer", p.client, 0);
  close(p.server);
  wait_reset(p.client);
  take("it closed with bytes unread", p.client);
  put("writing", p.client, 0);
  close(p.client);

  p = stream_pair(family);
  must(shutdown(p.server, SHUT_RDWR) == 0);
  wait_for(p.client, POLLRDHUP);
  put("to a peer that reads no more", p.client, 0);
  wait_reset(p.client);
  put("the second", p.client, 0);
  close_pair(p);
}

static void other_calls(int family) {
  struct iovec parts[] = {{"ab", 2}, {"c", 1}};
  struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
  struct mmsghdr many = {.msg_hdr = message};
  for (int form = 0; form < 5; form++) {
    static const char *const names[] = {"write", "writev", "sendto", "sendmsg", "sendmmsg"};
    signal(SIGPIPE, form < 2 ? SIG_IGN : on_pipe);
    struct pair p = stream_pair(family);
    close(p.server);
    wait_for(p.client, POLLRDHUP);
    for (int i = 0; i < 2; i++) {
      pipes = 0;
      check(names[form], form == 0   ? write(p.client, "abc", 3)
                         : form == 1 ? writev(p.client, parts, 2)
                         : form == 2 ? sendto(p.client, "abc", 3, 0, NULL, 0)
                         : form == 3 ? sendmsg(p.client, &message, 0)
                                     : sendmmsg(p.client, &many, 1, 0));
      if (pipes) say("  SIGPIPE");
      wait_reset(p.client);
    }
    close(p.client);
  }
  signal(SIGPIPE, on_pipe);
}

/* Bytes that the kernel moves, and those of stdio. */
static void moved_bytes(int family) {
  static const char *const names[] = {"sendfile", "splice", "dprintf"};
  for (int form = 0; form < 3; form++) {
    struct pair p = stream_pair(family);
    int file = memfd_create("file", MFD_CLOEXEC), pipe_ends[2];
    must(file >= 0 && write(file, "0123456789", 10) == 10 && pipe(pipe_ends) == 0);
    off_t offset = 2;
    close(p.server);
    wait_for(p.client, POLLRDHUP);
    for (int i = 0; i < 3; i++) {
      char text[64];
      snprintf(text, sizeof text, "%s, call %d", names[form], i + 1);
      must(form != 1 || write(pipe_ends[1], "abc", 3) == 3);
      pipes = 0;
      check(text, form == 0   ? sendfile(p.client, file, &offset, 3)
                  : form == 1 ? splice(pipe_ends[0], NULL, p.client, NULL, 3, 0)
                              : dprintf(p.client, "abc"));
      say("%s: SIGPIPE %d", text, (int)pipes);
      wait_reset(p.client);
    }
    int left = 0;
    must(ioctl(pipe_ends[0], FIONREAD, &left) == 0);
    say("offset %ld, left in the pipe %d", (long)offset, left);
    close(p.client);
    close(file);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
  }
}

static void unread_bytes(int family) {
  struct pair p = stream_pair(family);
  must(send(p.client, "unread", 6, 0) == 6);
  wait_for(p.server, POLLIN);
  must(send(p.server, "bye", 3, 0) == 3);
  close(p.server);
  say("closed with bytes unread: %s", events_text(wait_for(p.client, POLLIN | POLLOUT | POLLRDHUP)));
  say_peer("reset", p.client);
  take("what it wrote", p.client);
  take("recv", p.client);
  take("and then", p.client);
  put("send", p.client, 0);
  close(p.client);

  p = stream_pair(family);
  must(send(p.client, "unread", 6, 0) == 6);
  wait_for(p.server, POLLIN);
  close(p.server);
  wait_reset(p.client);
  put("told by send", p.client, 0);
  put("the second", p.client, 0);
  take("recv", p.client);
  close(p.client);
}

static void hard_close(int family) {
  static const struct linger hard = {1, 0}, soft = {0, 0};
  static const char *const ways[] = {"by recv", "by SO_ERROR", "by send", "taken back"};
  for (int way = 0; way < 4; way++) {
    struct pair p = stream_pair(family);
    must(send(p.server, "bye", 3, 0) == 3);
    must(setsockopt(p.server, SOL_SOCKET, SO_LINGER, &hard, sizeof hard) == 0);
    if (way == 3) must(setsockopt(p.server, SOL_SOCKET, SO_LINGER, &soft, sizeof soft) == 0);
    close(p.server);
    say("SO_LINGER 0, told %s", ways[way]);
    wait_for(p.client, POLLIN);
    struct name peer = {.length = sizeof peer.at};
    say("%s: still connected %d", ways[way], getpeername(p.client, sa(&peer), &peer.length) == 0);
    if (way == 1) say("hard close: SO_ERROR: %s", error_of(p.client));
    if (way == 2) put("hard close: send", p.client, 0);
    take("its bytes", p.client);
    char text[64];
    snprintf(text, sizeof text, "%s: recv", ways[way]);
    take(text, p.client);
    take("and then", p.client);
    peer.length = sizeof peer.at;
    say("%s: gone %d", ways[way], getpeername(p.client, sa(&peer), &peer.length) < 0);
    snprintf(text, sizeof text, "%s: last send", ways[way]);
    put(text, p.client, MSG_NOSIGNAL);
    close(p.client);
  }
}

static void run(int family) {
  ordinary_end(family);
  other_calls(family);
  moved_bytes(family);
  unread_bytes(family);
  hard_close(family);
  struct pair p = stream_pair(family);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    must(shutdown(p.client, SHUT_WR) == 0);
    (void)!write(p.client, "x", 1);
    _exit(0);
  }
  say("a child that ignores nothing: %s", end_of(child) == 1000 + SIGPIPE ? "SIGPIPE" : "another end");
  close_pair(p);
  p = stream_pair(family);
  close(p.server);
  wait_for(p.client, POLLRDHUP);
  child = fork();
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    (void)!write(p.client, "x", 1);
    _exit(0);
  }
  say("the first write of a child that ignores nothing: %s", end_of(child) == 1000 + SIGPIPE ? "SIGPIPE" : "taken");
  close(p.client);
}

int main(void) {
  must(signal(SIGPIPE, on_pipe) != SIG_ERR);
  each_family(run);
  say("end");
}
