/* SPDX-License-Identifier: MIT */
#include "sock.h"

#include <string.h>

#include "arena.h"

/* More turns than any writer needs; a reader that interrupted the writer on its own thread must not wait for it. */
enum { SPIN_MAX = 2000, WORDS = sizeof(struct wire_info) / 8 };

void sock_read(const struct sock *s, struct wire_info *out) {
  for (int i = 0; i < SPIN_MAX; i++) {
    u32 before = atomic_load_explicit(&s->sequence, memory_order_acquire);
    for (int word = 0; word < WORDS; word++) {
      u64 value = atomic_load_explicit((const _Atomic u64 *)&s->info + word, memory_order_relaxed);
      memcpy((u64 *)out + word, &value, sizeof value);
    }
    atomic_thread_fence(memory_order_acquire);
    if (!(before & 1) && atomic_load_explicit(&s->sequence, memory_order_relaxed) == before) return;
  }
}

void sock_begin(struct sock *s) {
  for (int i = 0; i < SPIN_MAX; i++) {
    u32 before = atomic_load_explicit(&s->sequence, memory_order_relaxed) & ~1u;
    if (atomic_compare_exchange_weak_explicit(&s->sequence, &before, before + 1, memory_order_acquire, memory_order_relaxed)) break;
  }
  atomic_thread_fence(memory_order_release);
}

void sock_end(struct sock *s) {
  u32 now = atomic_load_explicit(&s->sequence, memory_order_relaxed);
  atomic_store_explicit(&s->sequence, (now | 1) + 1, memory_order_release);
}

void sock_write(struct sock *s, const struct wire_info *info) {
  for (int word = 0; word < WORDS; word++) {
    u64 value;
    memcpy(&value, (const u64 *)info + word, sizeof value);
    atomic_store_explicit((_Atomic u64 *)&s->info + word, value, memory_order_relaxed);
  }
}

void sock_refresh(struct sock *s) {
  struct arena *arena = s->network->arena;
  /* Also when this process has not registered it: another holder may have (a child that connects its parent's socket). */
  if (!arena || !(s->info.flags & FLAG_shared) || s->info.cookie == 0) return;
  if (arena_socket_version(arena, s->info.cookie) <= s->info.version) return;
  struct wire_info newer;
  if (!arena_socket_get(arena, s->info.cookie, &newer) || newer.version <= s->info.version) return;
  sock_begin(s);
  i32 pending = s->info.pendingError;
  newer.flags |= FLAG_shared;
  newer.pendingError = pending;
  sock_write(s, &newer);
  sock_end(s);
  atomic_store_explicit(&s->registered, true, memory_order_release);
}

struct address info_local(const struct wire_info *i) {
  struct address a = {.port = i->localPort};
  memcpy(a.bytes, i->localAddress, 16);
  return a;
}

struct address info_peer(const struct wire_info *i) {
  struct address a = {.port = i->peerPort};
  memcpy(a.bytes, i->peerAddress, 16);
  return a;
}

void info_set_local(struct wire_info *i, const struct address *a) {
  memcpy(i->localAddress, a->bytes, 16);
  i->localPort = a->port;
}

void info_set_peer(struct wire_info *i, const struct address *a) {
  memcpy(i->peerAddress, a->bytes, 16);
  i->peerPort = a->port;
}

static void set(_Atomic u64 words[2], _Atomic u16 *port, const struct address *a) {
  u64 halves[2];
  memcpy(halves, a->bytes, sizeof halves);
  for (int i = 0; i < 2; i++) atomic_store_explicit(&words[i], halves[i], memory_order_relaxed);
  *port = a->port;
}

void sock_set_local(struct sock *s, const struct address *a) { set(s->info.localAddress, &s->info.localPort, a); }
void sock_set_peer(struct sock *s, const struct address *a) { set(s->info.peerAddress, &s->info.peerPort, a); }
