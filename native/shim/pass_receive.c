/* SPDX-License-Identifier: MIT
 * The receiver's side of a pass. The kernel fills a buffer of ours; what the program sees is written from it exactly as the kernel would have
 * written it into the program's own, less the pipe. Whatever cannot be used leaves the program with what it would have got without us. */
#include <errno.h>
#include <string.h>

#include "arena.h"
#include "consume.h"
#include "control.h"
#include "endpoint.h"
#include "enter.h"
#include "envelope.h"
#include "explore.h"
#include "journal.h"
#include "kernel.h"
#include "libc.h"
#include "log.h"
#include "pass.h"
#include "pass_pipe.h"
#include "spare.h"
#include "table.h"

/* Room for all descriptors that one message can have, beside what the program asked for, of which the kernel never needs more than a bit. */
enum { ALL_DESCRIPTORS = CMSG_SPACE(253 * sizeof(int)), ASKED_MAX = 16384, SMALL_CONTROL = 2560, SMALL_ENVELOPE = 4096 };

static enum { FAULT_NONE, FAULT_LOCAL, FAULT_PEER, FAULT_OPTIONS, FAULT_STATE, FAULT_TYPE } fault;

void pass_fault(const char *field) {
  static const char *const names[] = {"", "local", "peer", "options", "state", "type"};
  for (int i = FAULT_LOCAL; field && i <= FAULT_TYPE; i++)
    if (strcmp(field, names[i]) == 0) fault = i;
}

static void apply_fault(struct sock *s, const struct wire_info *carried) {
  struct address nothing = address_any(s->info.family);
  sock_begin(s);
  switch (fault) {
    case FAULT_NONE: break;
    case FAULT_LOCAL: sock_set_local(s, &nothing); break;
    case FAULT_PEER: sock_set_peer(s, &nothing); break;
    case FAULT_OPTIONS: s->info.optionMask = 0; break;
    case FAULT_STATE: s->info.state = STATE_open; break;
    case FAULT_TYPE: s->info.type = carried->type == SOCK_STREAM ? SOCK_DGRAM : SOCK_STREAM; break;
  }
  sock_end(s);
}

/* What came with one message. */
struct arrival {
  struct network *network; /* the receiver's; NULL: it has none */
  const int *descriptors;
  u32 count; /* without the pipe */
  bool peek;
  bool close_on_exec;
  bool opened; /* `envelope` is valid */
  struct envelope envelope;
};

static u64 kernel_cookie(int fd) {
  u64 cookie = 0;
  socklen_t length = sizeof cookie;
  return kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) < 0 ? 0 : cookie;
}

static struct sock *make_sock(struct network *network, const struct wire_info *info, u64 cookie) {
  struct sock *s = table_new(network);
  if (!s) return NULL;
  struct wire_info own = *info;
  own.cookie = cookie;
  own.flags |= FLAG_shared;
  own.pendingError = 0;
  sock_write(s, &own);
  atomic_store(&s->registered, network->arena && arena_socket_version(network->arena, cookie) != 0);
  return s;
}

/* Another descriptor of a socket that this process has already; without an arena the envelope may know it better. */
static void renew_sock(struct sock *s, const struct wire_info *info) {
  if ((s->info.flags & FLAG_shared) && info->version <= s->info.version) return;
  sock_begin(s);
  i32 pending = s->info.pendingError;
  if (info->version > s->info.version) sock_write(s, info);
  s->info.pendingError = pending;
  s->info.flags |= FLAG_shared;
  sock_end(s);
}

static void journal_receive(const struct arrival *a, enum wire_op op, int fd, u32 position, u32 detail, const struct wire_info *info) {
  journal_write(a->network->arena, &(struct event){.op = op,
                                                   .fd = fd,
                                                   .result = op == OP_passReceive && a->close_on_exec,
                                                   .detail = detail,
                                                   .position = position,
                                                   .message_id = a->envelope.head.messageId,
                                                   .info = info});
}

/* A hostile or mistaken envelope may call any descriptor a socket of ours: the kernel's cookie decides. */
static int install(const struct arrival *a, u32 position) {
  struct wire_info carried, now;
  int fd = a->descriptors[position];
  if (!envelope_info(&a->envelope, envelope_index(&a->envelope, position), &carried)) return -EBADMSG;
  u64 cookie = kernel_cookie(fd);
  if (!cookie || (carried.cookie && carried.cookie != cookie)) return -EBADMSG;
  struct sock *s = table_find_cookie(cookie);
  if (s)
    renew_sock(s, &carried);
  else
    s = make_sock(a->network, &carried, cookie);
  if (!s || table_install(fd, s) < 0) return -ENFILE;
  consume_begin_all(fd, s);
  if (fault == FAULT_NONE)
    sock_refresh(s);
  else
    apply_fault(s, &carried);
  if (!a->network->arena) return 0;
  sock_read(s, &now);
  if (a->peek) {
    journal_receive(a, OP_passPeek, fd, position, a->count, &now);
    return 0;
  }
  journal_receive(a, OP_passEnvelope, fd, position, a->envelope.head.senderPid, &carried);
  journal_receive(a, OP_passReceive, fd, position, a->count, &now);
  return 0;
}

static void refuse(const struct arrival *a, int fd, long result, const char *reason) {
  LOG(LOG_ERROR, "the envelope of %u descriptors cannot be used: %s", a->count, reason);
  if (a->network && !a->peek)
    journal_write(a->network->arena, &(struct event){.op = OP_passRefused, .fd = fd, .result = result, .detail = a->count, .text = reason});
}

/* A sender without a shim, or a message that lost its pipe: the kernel's names and the registry know the socket. */
static void recover(const struct arrival *a, int fd, u32 position) {
  struct sock *s = endpoint_recover(fd, a->network);
  if (!s) return;
  struct wire_info info;
  sock_read(s, &info);
  if (!a->peek) journal_write(a->network->arena, &(struct event){.op = OP_born, .fd = fd, .detail = 1, .info = &info});
  journal_receive(a, a->peek ? OP_passPeek : OP_passReceive, fd, position, a->count, &info);
}

static void settle(const struct arrival *a, u32 position) {
  int fd = a->descriptors[position];
  table_drop(fd); /* a number that was closed behind our back */
  if (!a->network) return;
  if (a->opened && envelope_index(&a->envelope, position) == ENVELOPE_NO_INFO) return;
  if (a->opened) {
    int result = install(a, position);
    if (result == 0) return;
    refuse(a, fd, result, result == -ENFILE ? "no room for the socket" : "info of another socket");
    if (result == -ENFILE) return;
  }
  recover(a, fd, position);
}

/* Takes the pipe off the arrival when its last descriptor is one. Returns true when it is to be closed. */
static bool open_envelope(struct arrival *a, struct spare *bytes, size_t size) {
  if (a->count == 0) return false;
  int pipe = a->descriptors[a->count - 1];
  long got = pass_read_envelope(pipe, a->peek, bytes, size);
  if (got <= 0) return false;
  if (envelope_is_reference(bytes->at, (size_t)got)) {
    a->count--;
    return true;
  }
  int result = envelope_open(bytes->at, (size_t)got, a->count - 1, &a->envelope);
  if (result == -ENOMSG) return false;
  if (result < 0) {
    const char *reason = result == -EBADMSG ? "checksum" : result == -EPROTO ? "number of descriptors" : "sizes";
    refuse(a, pipe, result, reason);
    return false;
  }
  a->count--;
  a->opened = true;
  return true;
}

/* The caller's control buffer, from ours. Returns how many descriptors the caller got. */
static size_t rebuild(struct msghdr *message, const void *control, size_t size, const struct arrival *a) {
  struct control_writer writer = {.at = message->msg_control, .room = message->msg_controllen};
  struct control_item item;
  size_t offset = 0, delivered = 0;
  while (control_next(control, size, &offset, &item) > 0) {
    if (control_is_descriptors(&item)) {
      delivered = a->count ? control_put_descriptors(&writer, a->descriptors, a->count) : 0;
    } else if (item.head.cmsg_level == SOL_SOCKET && item.head.cmsg_type == SCM_PIDFD && writer.room < CMSG_LEN(sizeof(int))) {
      /* The kernel makes no pidfd where none fits (scm_pidfd_recv). */
      int pidfd;
      memcpy(&pidfd, item.data, sizeof pidfd);
      if (pidfd >= 0) kernel_close(pidfd);
      writer.flags |= MSG_CTRUNC;
    } else {
      control_put(&writer, item.head.cmsg_level, item.head.cmsg_type, item.data, item.size);
    }
  }
  message->msg_flags |= writer.flags;
  message->msg_controllen -= writer.room;
  return delivered;
}

static void find_descriptors(const void *control, size_t size, struct arrival *a) {
  struct control_item item;
  size_t offset = 0;
  while (control_next(control, size, &offset, &item) > 0) {
    if (!control_is_descriptors(&item)) continue;
    a->descriptors = (const int *)(const void *)item.data;
    a->count = (u32)(item.size / sizeof(int));
  }
}

static void deliver(struct msghdr *message, struct msghdr *filled, int flags) {
  uint8_t small[SMALL_ENVELOPE];
  struct spare bytes = {.at = small};
  struct arrival a = {.network = network_current(), .peek = flags & MSG_PEEK, .close_on_exec = flags & MSG_CMSG_CLOEXEC};
  find_descriptors(filled->msg_control, filled->msg_controllen, &a);
  u32 all = a.count;
  bool has_pipe = open_envelope(&a, &bytes, sizeof small);
  size_t delivered = rebuild(message, filled->msg_control, filled->msg_controllen, &a);
  if (has_pipe) kernel_close(a.descriptors[all - 1]);
  for (u32 i = 0; i < a.count; i++) {
    int fd = a.descriptors[i];
    if (i >= delivered) {
      kernel_close(fd);
      continue;
    }
    if (!(flags & MSG_CMSG_CLOEXEC)) kernel_fcntl(fd, F_SETFD, 0);
    settle(&a, i);
  }
  spare_give(&bytes);
  if (a.count) explore_point(POINT_received);
}

long pass_receive(int fd, struct msghdr *message, int flags) {
  _Alignas(struct cmsghdr) uint8_t small[SMALL_CONTROL];
  size_t asked = message->msg_controllen < ASKED_MAX ? message->msg_controllen : ASKED_MAX;
  if (!message->msg_control || !asked) return REAL(libc.recvmsg(fd, message, flags));
  struct spare control = spare_take(small, sizeof small, asked + ALL_DESCRIPTORS);
  if (!control.at) return -ENOBUFS;
  struct msghdr filled = *message;
  filled.msg_control = control.at;
  filled.msg_controllen = asked + ALL_DESCRIPTORS;
  explore_point(POINT_receive);
  /* Close-on-exec for all, so that a concurrent exec never inherits the pipe. */
  long result = REAL(libc.recvmsg(fd, &filled, flags | MSG_CMSG_CLOEXEC));
  if (result >= 0) {
    message->msg_namelen = filled.msg_namelen;
    message->msg_flags = flags & MSG_CMSG_CLOEXEC ? filled.msg_flags : filled.msg_flags & ~MSG_CMSG_CLOEXEC;
    if (filled.msg_controllen == 0)
      message->msg_controllen = 0;
    else
      deliver(message, &filled, flags);
  }
  spare_give(&control);
  return result;
}
