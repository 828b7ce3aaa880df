/* SPDX-License-Identifier: MIT
 * One connection: its packets in the order of its numbers. The peer's acknowledgement is written beside what it acknowledges, as soon as two
 * segments wait for it: what the kernel has taken is in the peer's queue. */
#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "arena_map.h"
#include "capture_write.h"
#include "journal.h"
#include "kernel_socket.h"
#include "process.h"

enum { PARTS_MAX = 64 };

static const struct packet_data nothing;

/* The next number of a side: SYN and FIN count as a byte each. */
static u32 next_number(const struct flow *f, int side) {
  const struct flow_side *s = &f->side[side];
  return s->first + 1 + (u32)s->sent + (s->ends & END_FIN ? 1 : 0);
}

/* What the packet does to the state is done before it is written, and undone by the successor of a writer who was killed before that. */
static void put_tcp(struct network *n, struct flow *f, int side, u32 sequence, uint8_t flags, const struct packet_data *data) {
  uint8_t head[PACKET_HEAD_MAX];
  char comment[FLOW_COMMENT];
  struct capture_table *table = n->capture.table;
  struct flow_side *from = &f->side[side], *to = &f->side[!side];
  struct packet_tcp t = {from->address, to->address, sequence, next_number(f, !side), flags};
  size_t head_size = packet_tcp(head, &t, data);
  table->before = *f;
  table->start = table->end = 0;
  STORE_RELEASE(table->undo, (u32)(f - table->flows) + 1);
  if (flags & TCP_SYN) f->flags |= flags & TCP_ACK ? FLOW_OPEN : FLOW_SYN;
  if (flags & TCP_FIN) from->ends |= END_FIN;
  if (flags & TCP_RST) from->ends |= END_RST;
  if (flags & TCP_ACK) to->told = to->sent;
  from->sent += data->size;
  capture_put(n, &from->address, &to->address, capture_comment(comment, from->pid, from->program), head, head_size, data);
  STORE_RELEASE(table->undo, 0);
}

static void put_plain(struct network *n, struct flow *f, int side, uint8_t flags) {
  put_tcp(n, f, side, next_number(f, side), flags, &nothing);
}

static void note_process(struct flow_side *s) {
  u32 pid = journal_pid();
  if (s->pid == pid) return;
  s->pid = pid;
  memcpy(s->program, process_program(), sizeof s->program);
}

static u64 cookie_of(int fd, const struct sock *s) {
  u64 cookie = 0;
  socklen_t length = sizeof cookie;
  if (fd >= 0 && kernel_getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) == 0) return cookie;
  return s->info.cookie;
}

/* The name that identifies the client's end: its own for the client, its peer's for the server. 0: it has none. */
static u64 client_key(int fd, const struct sock *s, bool server) {
  struct sockaddr_un un;
  socklen_t length = sizeof un;
  struct name name;
  int result = server ? kernel_getpeername(fd, (struct sockaddr *)&un, &length) : kernel_getsockname(fd, (struct sockaddr *)&un, &length);
  if (result < 0 || length > sizeof un || name_read(&s->network->world, &un, length, &name) < 0) return 0;
  u64 kind = (u64)name.loopback << 15 | (u64)name.abstract << 14 | (u64)name.host << 7 | (uint8_t)name.type;
  return 1ull << 63 | kind << 40 | (u64)name.interface << 16 | name.port;
}

static void begin(struct network *n, struct flow *f, const struct address *client, const struct address *server) {
  struct capture_table *t = n->capture.table;
  f->side[CLIENT].address = *client;
  f->side[SERVER].address = *server;
  u64 mixed = (f->key ^ capture_now(t)) * 0x9e3779b97f4a7c15ULL;
  f->side[CLIENT].first = (u32)mixed;
  f->side[SERVER].first = (u32)(mixed >> 32);
}

static void put_syn(struct network *n, struct flow *f) { put_tcp(n, f, CLIENT, f->side[CLIENT].first, TCP_SYN, &nothing); }

void capture_open_flow(struct network *n, struct flow *f) {
  if (f->flags & FLOW_OPEN) return;
  if (!(f->flags & FLOW_SYN)) put_syn(n, f);
  put_tcp(n, f, SERVER, f->side[SERVER].first, TCP_SYN | TCP_ACK, &nothing);
  put_plain(n, f, CLIENT, TCP_ACK);
}

/* A connection that nobody has recorded so far: its client is not captured. */
static struct flow *late_flow(int fd, struct sock *s, u64 key, int side) {
  struct wire_info info;
  sock_read(s, &info);
  struct address local = info_local(&info), peer = info_peer(&info);
  struct flow *f = flow_new(s->network->capture.table, key ? key : 1ull << 62 | cookie_of(fd, s), capture_now(s->network->capture.table));
  begin(s->network, f, side == CLIENT ? &local : &peer, side == CLIENT ? &peer : &local);
  return f;
}

struct flow *capture_flow(int fd, struct sock *s, int *side, bool make) {
  struct capture_table *t = s->network->capture.table;
  u64 cookie = cookie_of(fd, s);
  u32 hint = atomic_load_explicit(&s->flow, memory_order_relaxed);
  struct flow *f = flow_of_cookie(t, cookie, &hint);
  if (!f) {
    if (!make || !cookie || fd < 0 || s->info.state != STATE_connected || s->info.type != SOCK_STREAM) return NULL;
    *side = s->info.flags & FLAG_accepted ? SERVER : CLIENT;
    u64 key = client_key(fd, s, *side == SERVER);
    if (key && *side == SERVER) f = flow_of_client(t, key);
    if (!f) f = late_flow(fd, s, key, *side);
    f->side[*side].cookie = cookie;
    hint = (u32)(f - t->flows) + 1;
  }
  atomic_store_explicit(&s->flow, hint, memory_order_relaxed);
  *side = f->side[SERVER].cookie == cookie ? SERVER : CLIENT;
  f->used_ns = capture_now(t);
  note_process(&f->side[*side]);
  if (s->info.state == STATE_connected) capture_open_flow(s->network, f);
  return f;
}

void capture_flow_end(struct network *n, struct flow *f, int side, enum flow_end end) {
  struct flow_side *s = &f->side[side];
  if ((s->ends & (END_FIN | END_RST)) || (f->side[!side].ends & END_RST)) return;
  u32 sequence = next_number(f, side);
  put_tcp(n, f, side, sequence, (end == END_FIN ? TCP_FIN : TCP_RST) | TCP_ACK, &nothing);
  if (end == END_FIN) put_plain(n, f, !side, TCP_ACK);
  if (end == END_RST || (f->side[!side].ends & END_FIN)) f->flags |= FLOW_OVER;
}

void capture_flow_data(struct network *n, struct flow *f, int side, const struct packet_data *data, uint8_t flags) {
  struct flow_side *s = &f->side[side];
  if (s->ends & (END_FIN | END_RST)) return;
  struct iovec parts[PARTS_MAX];
  size_t most = packet_segment_max(&s->address, &f->side[!side].address);
  for (size_t done = 0; done < data->size;) {
    size_t left = data->size - done;
    struct packet_data part = packet_part(data, done, left < most ? left : most, parts, PARTS_MAX);
    if (!part.size) break;
    done += part.size;
    put_tcp(n, f, side, next_number(f, side), (uint8_t)(TCP_ACK | (done == data->size ? TCP_PSH : 0) | flags), &part);
    if (s->sent - s->told >= 2 * most) put_plain(n, f, !side, TCP_ACK);
  }
}

void capture_connecting(int fd, struct sock *s, const struct address *to) {
  struct network *n = s->network;
  struct capture_table *t = capture_enter(n);
  if (!t) return;
  u64 cookie = cookie_of(fd, s);
  u32 hint = 0;
  struct flow *f = flow_of_cookie(t, cookie, &hint);
  if (f && ((f->flags & FLOW_OVER) || memcmp(&f->side[SERVER].address, to, sizeof *to) != 0)) {
    f->key = 0;
    f = NULL;
  }
  u64 key = f ? 0 : client_key(fd, s, false);
  /* The name had another owner, whom nobody has accepted. */
  for (struct flow *old; key && (old = flow_of_client(t, key));) old->key = 0;
  if (key) {
    struct wire_info info;
    sock_read(s, &info);
    struct address local = info_local(&info);
    if (address_is_any(&local)) local = address_of_host(&n->world, n->world.host, !address_is_v4(to), address_is_loopback(to));
    local.port = info.localPort;
    f = flow_new(t, key, capture_now(t));
    f->side[CLIENT].cookie = cookie;
    note_process(&f->side[CLIENT]);
    begin(n, f, &local, to);
    put_syn(n, f);
  }
  capture_leave(n);
}

void capture_connected(int fd, struct sock *s, long result) {
  if (result == -EAGAIN || result == -EINPROGRESS || result == -EALREADY || result == -EINTR) return;
  struct network *n = s->network;
  struct capture_table *t = capture_enter(n);
  if (!t) return;
  u32 hint = 0;
  struct flow *f = flow_of_cookie(t, cookie_of(fd, s), &hint);
  if (f && (result == 0 || result == -EISCONN)) {
    capture_open_flow(n, f);
  } else if (f && !(f->flags & FLOW_OPEN)) {
    f->side[SERVER].first = (u32)-1; /* the answer of a port that nobody has: number 0 (RFC 9293, 3.5.2) */
    if (result == -ECONNREFUSED) put_plain(n, f, SERVER, TCP_RST | TCP_ACK);
    f->key = 0;
  }
  capture_leave(n);
}
