/* SPDX-License-Identifier: MIT
 * The sender's side of a pass. A message without sockets of ours, or one that the kernel will refuse, goes out untouched. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

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
#include "pass.h"
#include "pipe.h"
#include "spare.h"
#include "table.h"
#include "words.h"

/* What most messages need fits on the stack: 16 sockets, 500 bytes of control data. */
enum { SMALL_ENVELOPE = 16 * (sizeof(struct wire_info) + sizeof(u16)) + sizeof(struct wire_envelope), SMALL_CONTROL = 512 };

/* The descriptors of one message. */
struct parcel {
  u32 descriptors;
  u32 sockets; /* different ones among them */
  size_t end;  /* where the next control header goes */
  int numbers[ENVELOPE_DESCRIPTORS_MAX];
  u16 index[ENVELOPE_DESCRIPTORS_MAX];
  struct sock *socks[ENVELOPE_DESCRIPTORS_MAX];
};

static bool any_ours(const struct control_item *rights) {
  for (size_t i = 0; i + sizeof(int) <= rights->size; i += sizeof(int)) {
    int fd;
    memcpy(&fd, rights->data + i, sizeof fd);
    if (table_find(fd)) return true;
  }
  return false;
}

bool pass_carries_ours(const struct msghdr *message) {
  struct control_item item;
  size_t offset = 0;
  bool ours = false;
  int more;
  while ((more = control_next(message->msg_control, message->msg_controllen, &offset, &item)) > 0)
    if (control_is_descriptors(&item)) ours = ours || any_ours(&item);
  return more == 0 && ours;
}

static u16 add_sock(struct parcel *p, struct sock *s) {
  for (u32 i = 0; i < p->sockets; i++)
    if (p->socks[i] == s) return (u16)i;
  p->socks[p->sockets] = s;
  return (u16)p->sockets++;
}

/* False for more descriptors than fit beside a pipe: the kernel answers, and the receiver finds the infos in the registry. */
static bool collect(const struct msghdr *message, struct parcel *p) {
  struct control_item item;
  size_t offset = 0;
  p->descriptors = p->sockets = 0;
  while (control_next(message->msg_control, message->msg_controllen, &offset, &item) > 0) {
    if (!control_is_descriptors(&item)) continue;
    for (size_t i = 0; i + sizeof(int) <= item.size; i += sizeof(int)) {
      if (p->descriptors == ENVELOPE_DESCRIPTORS_MAX) return false;
      int fd;
      memcpy(&fd, item.data + i, sizeof fd);
      struct sock *s = table_find(fd);
      /* The cookie travels along and the receiver compares it with the kernel's, so only a socket without one is asked here. */
      if (s && !s->info.cookie) s = table_find_checked(fd);
      p->index[p->descriptors] = s ? add_sock(p, s) : ENVELOPE_NO_INFO;
      p->numbers[p->descriptors++] = fd;
    }
  }
  /* A last header shorter than its alignment ends beyond the buffer. */
  p->end = CMSG_ALIGN(offset);
  return true;
}

/* Marks the socket as one that others hold, and makes sure that the registry has it, before anybody can receive it. */
static void publish(int fd, struct sock *s, struct wire_info *info) {
  sock_refresh(s);
  bool has_taken = consume_has_taken(s);
  consume_begin_all(fd, s);
  if (!(s->info.flags & FLAG_shared)) {
    sock_begin(s);
    s->info.flags |= FLAG_shared;
    sock_end(s);
  }
  if (!atomic_load_explicit(&s->registered, memory_order_acquire)) endpoint_record(fd, s, OP_born, 0, 0);
  sock_read(s, info);
  struct stat status;
  if (info->inode == 0 && REAL(fstat(fd, &status)) >= 0) info->inode = status.st_ino;
  info->pendingError = 0;
  if (has_taken && info->state == STATE_connected)
    journal_write(s->network->arena, &(struct event){.op = OP_readAhead, .fd = fd, .info = info});
}

static void fill(struct parcel *p, uint8_t *bytes, u64 message_id) {
  u32 next = 0;
  for (u32 i = 0; i < p->descriptors; i++) {
    envelope_put_index(bytes, i, p->index[i]);
    if (p->index[i] != next) continue;
    struct wire_info info;
    publish(p->numbers[i], p->socks[next], &info);
    envelope_put_info(bytes, p->descriptors, next++, &info);
  }
  envelope_seal(bytes, p->descriptors, p->sockets, journal_pid(), message_id);
}

/* A peer that the arena does not know is not under a shim: the pipe would be a descriptor that nobody takes off. */
static bool peer_has_shim(int fd, struct arena *arena) {
  struct ucred peer;
  socklen_t length = sizeof peer;
  if (!arena || kernel_getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) < 0 || peer.pid <= 0) return true;
  return arena_process_known(arena, peer.pid);
}

/* The pipe got a number that the program names in its call, so that one is closed: the kernel shall say EBADF. */
static bool is_in_the_way(int pipe, int fd, const struct parcel *p) {
  bool found = pipe == fd;
  for (u32 i = 0; i < p->descriptors; i++) found = found || pipe == p->numbers[i];
  return found;
}

/* The message with one more control header that holds the pipe, last. */
static long send_with(int fd, const struct msghdr *message, int flags, int pipe, size_t end) {
  uint8_t small[SMALL_CONTROL];
  size_t size = end + CMSG_LEN(sizeof pipe);
  struct spare control = spare_take(small, sizeof small, size);
  if (!control.at) return REAL(libc.sendmsg(fd, message, flags));
  size_t given = message->msg_controllen < end ? message->msg_controllen : end;
  memset(control.at + given, 0, end - given);
  memcpy(control.at, message->msg_control, given);
  struct control_writer writer = {.at = control.at + end, .room = size - end};
  control_put_descriptors(&writer, &pipe, 1);
  struct msghdr copy = *message;
  copy.msg_control = control.at;
  copy.msg_controllen = size;
  long result = REAL(libc.sendmsg(fd, &copy, flags));
  spare_give(&control);
  return result;
}

/* The inode of the pipe, in decimal: a receiver without a shim keeps it. */
static void pipe_text(const struct parcel_pipe *pipe, char *out) {
  struct stat status;
  u64 inode = pipe->inode;
  if (!inode && REAL(fstat(pipe->fd, &status)) >= 0) inode = status.st_ino;
  words_append_number(out, inode);
}

/* The kernel refuses a message with too many descriptors as a whole. */
static void journal_refused(const struct msghdr *message, long result) {
  struct control_item item;
  size_t offset = 0;
  int number = -1;
  u32 count = 0;
  while (control_next(message->msg_control, message->msg_controllen, &offset, &item) > 0) {
    if (!control_is_descriptors(&item)) continue;
    for (size_t i = 0; number < 0 && i + sizeof(int) <= item.size; i += sizeof(int)) {
      int fd;
      memcpy(&fd, item.data + i, sizeof fd);
      if (table_find(fd)) number = fd;
    }
    count += (u32)(item.size / sizeof(int));
  }
  struct sock *s = table_find(number);
  if (!s || !s->network->arena) return;
  struct wire_info info;
  sock_read(s, &info);
  journal_write(s->network->arena, &(struct event){.op = OP_passSend, .fd = number, .result = result, .detail = count, .info = &info});
}

static void journal_sends(const struct parcel *p, struct arena *arena, const uint8_t *bytes, u64 message_id, long result,
                          const char *pipe) {
  struct envelope envelope;
  if (!arena || envelope_open(bytes, envelope_size(p->descriptors, p->sockets), p->descriptors, &envelope) < 0) return;
  for (u32 i = 0; i < p->descriptors; i++) {
    struct wire_info info;
    if (!envelope_info(&envelope, p->index[i], &info)) continue;
    journal_write(arena, &(struct event){.op = OP_passSend,
                                         .fd = p->numbers[i],
                                         .result = result,
                                         .detail = p->descriptors,
                                         .position = i,
                                         .message_id = message_id,
                                         .info = &info,
                                         .text = pipe});
  }
}

long pass_send(int fd, const struct msghdr *message, int flags) {
  struct parcel parcel;
  if (!pass_carries_ours(message)) return REAL(libc.sendmsg(fd, message, flags));
  if (!collect(message, &parcel)) {
    long refused = REAL(libc.sendmsg(fd, message, flags));
    if (refused < 0) journal_refused(message, refused);
    return refused;
  }
  if (parcel.sockets == 0) return REAL(libc.sendmsg(fd, message, flags));
  explore_point(POINT_send);
  uint8_t small[SMALL_ENVELOPE];
  struct spare envelope = spare_take(small, sizeof small, envelope_size(parcel.descriptors, parcel.sockets));
  if (!envelope.at) return REAL(libc.sendmsg(fd, message, flags));
  struct arena *arena = parcel.socks[0]->network->arena;
  u64 message_id = arena ? arena_next_message(arena) : 0;
  fill(&parcel, envelope.at, message_id);
  struct parcel_pipe pipe;
  bool with = peer_has_shim(fd, arena) && pipe_take(&pipe, envelope.at, envelope_size(parcel.descriptors, parcel.sockets)) == 0;
  if (with && is_in_the_way(pipe.fd, fd, &parcel)) {
    pipe_give(&pipe, false);
    with = false;
  }
  long result = with ? send_with(fd, message, flags, pipe.fd, parcel.end) : REAL(libc.sendmsg(fd, message, flags));
  char text[WORDS_NUMBER_SIZE] = "";
  if (with && arena) pipe_text(&pipe, text);
  if (with) pipe_give(&pipe, result > 0);
  journal_sends(&parcel, arena, envelope.at, message_id, result, text);
  spare_give(&envelope);
  explore_point(POINT_sent);
  return result;
}
