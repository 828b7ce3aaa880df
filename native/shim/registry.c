/* SPDX-License-Identifier: MIT
 * Open addressing by cookie. A slot is found by its cookie; its two copies are written by whoever holds the slot's `writer` word, always the
 * one that is not current; then one store of `current` shows it. A writer that is killed leaves the current copy whole and a word that the
 * next writer recognises by the dead pid. A slot that was used once never becomes free again but a tombstone, so a search may stop at a free one. */
#include "arena.h"

#include <string.h>

#include "arena_map.h"
#include "journal.h"
#include "life.h"

enum { FIRST_LEVEL = 64, PROBES = 8, LAST_PROBES = 64, TURNS = 64 };
enum { SPINS = 200, NAPS = 10000, NAP_NS = 200000, LOOK_EVERY = 20, READS = 100000, INFO_WORDS = sizeof(struct wire_info) / 8 };

enum outcome { DONE, BUSY, MOVED };

/* The slots that may hold a cookie, in order: a few in the first 64, a few in the next 64, then 128, 256 ... and many in the last level, so
 * that a network with few sockets stays in a few pages. */
struct probe {
  u32 hash, step, start, size, left;
};

static struct probe probe_start(const struct arena *a, u64 cookie) {
  /* Cookies count up, in runs of one processor each: Fibonacci hashing spreads runs evenly. */
  struct probe p = {.hash = (u32)(cookie * 0x9e3779b97f4a7c15ULL >> 32)};
  p.size = p.left = a->socket_count < FIRST_LEVEL ? a->socket_count : FIRST_LEVEL;
  if (a->socket_count > p.size) p.left = PROBES;
  return p;
}

static struct wire_socket *probe_next(const struct arena *a, struct probe *p) {
  if (!p->left) {
    if (p->start + p->size >= a->socket_count) return NULL;
    p->start += p->size;
    p->size = p->start;
    p->step = 0;
    p->left = p->start + p->size == a->socket_count ? LAST_PROBES : PROBES;
  }
  p->left--;
  return &a->sockets[p->start + ((p->hash + p->step++) & (p->size - 1))];
}

static bool is_cookie(u64 cookie) { return cookie && cookie != SOCKET_REMOVED; }

static struct wire_socket *find(const struct arena *a, u64 cookie) {
  struct probe p = probe_start(a, cookie);
  for (struct wire_socket *slot; (slot = probe_next(a, &p));) {
    u64 held = LOAD_ORDERED(slot->cookie);
    if (held == cookie) return slot;
    if (!held) break;
  }
  return NULL;
}

static void copy_words(void *to, const void *from) {
  for (int i = 0; i < INFO_WORDS; i++) STORE(((u64 *)to)[i], LOAD(((const u64 *)from)[i]));
}

static uint8_t *copy_of(struct wire_socket *slot, u64 number) { return number & 1 ? slot->second : slot->first; }

/* A consistent copy of the slot's info, if it still is the cookie's. */
static bool read_slot(struct wire_socket *slot, u64 cookie, struct wire_info *out) {
  for (int turn = 0; turn < READS; turn++) {
    u64 before = LOAD_ACQUIRE(slot->current);
    copy_words(out, copy_of(slot, before));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (LOAD(slot->cookie) != cookie || !before) return false;
    /* A changed word means that a writer got through, and writers do other work between two puts. */
    if (LOAD(slot->current) == before) return out->cookie == cookie;
  }
  return false;
}

/* Takes the slot's writer word. An owner that was killed is succeeded; one that has no processor is waited for, up to two seconds. False when
 * the owner was stopped, or is the caller's own thread, interrupted by the signal handler that runs now. */
static bool lock(struct wire_socket *slot) {
  u64 own = (u64)journal_tid() << 32 | journal_pid();
  for (int turn = 0; turn < SPINS + NAPS; turn++) {
    u64 owner = LOAD(slot->writer);
    if (owner == own) return false;
    enum life_thread life = LIFE_RUNS;
    if (owner && turn >= SPINS && turn % LOOK_EVERY == 0) life = life_thread((pid_t)(u32)owner, (pid_t)(owner >> 32));
    if (life == LIFE_STOPPED) return false;
    if (!owner || life == LIFE_OVER) {
      if (SWAP(slot->writer, owner, own)) return true;
    } else if (turn < SPINS) {
      arena_pause();
    } else {
      kernel_nap(NAP_NS);
    }
  }
  return false;
}

static void unlock(struct wire_socket *slot) { STORE_RELEASE(slot->writer, 0); }

/* The caller holds the writer word. */
static void write_copy(struct wire_socket *slot, const struct wire_info *info) {
  u64 next = (LOAD(slot->current) & 1) ^ 1;
  /* A reader that meets one of the new words must also meet the `current` that was stored before them. */
  __atomic_thread_fence(__ATOMIC_RELEASE);
  copy_words(copy_of(slot, next), info);
  STORE_RELEASE(slot->current, (u64)info->version << 1 | next);
}

static enum outcome update(struct wire_socket *slot, const struct wire_info *info) {
  if (LOAD_ACQUIRE(slot->current) >> 1 >= info->version && LOAD(slot->cookie) == info->cookie) return DONE;
  if (!lock(slot)) return BUSY;
  enum outcome outcome = MOVED;
  if (LOAD(slot->cookie) == info->cookie) {
    outcome = DONE;
    if (LOAD(slot->current) >> 1 < info->version) write_copy(slot, info);
  }
  unlock(slot);
  return outcome;
}

/* Fills the first slot of a cookie's probes that has none. A free slot is never passed by, else a search would stop there and miss what lies behind. */
static enum outcome claim(struct arena *a, const struct wire_info *info) {
  struct probe p = probe_start(a, info->cookie);
  for (struct wire_socket *slot; (slot = probe_next(a, &p));) {
    u64 held = LOAD_ORDERED(slot->cookie);
    if (held == info->cookie) return MOVED;
    if (is_cookie(held)) continue;
    if (!lock(slot)) {
      if (LOAD_ORDERED(slot->cookie)) continue;
      return BUSY;
    }
    bool still = LOAD(slot->cookie) == held;
    if (still) {
      write_copy(slot, info);
      STORE_ORDERED(slot->cookie, info->cookie);
    }
    unlock(slot);
    return still ? DONE : MOVED;
  }
  return BUSY;
}

static void tombstone(struct wire_socket *slot, u64 cookie) {
  u64 held = cookie;
  SWAP(slot->cookie, held, SOCKET_REMOVED);
}

/* What `from` holds goes to `to` when it is newer. Under the lock, so that no other writer's version is lost with the slot. */
static enum outcome merge(struct wire_socket *from, struct wire_socket *to, u64 cookie) {
  struct wire_info info;
  if (!lock(from)) return BUSY;
  bool held = read_slot(from, cookie, &info);
  tombstone(from, cookie);
  unlock(from);
  return held ? update(to, &info) : DONE;
}

/* Two processes may store a socket that they share for the first time at once, in two slots. The first one in order stays. Both look
 * after they have written, so at least one sees both. */
static enum outcome settle(struct arena *a, u64 cookie) {
  struct probe p = probe_start(a, cookie);
  struct wire_socket *first = NULL;
  enum outcome outcome = DONE;
  for (struct wire_socket *slot; outcome == DONE && (slot = probe_next(a, &p));) {
    u64 held = LOAD_ORDERED(slot->cookie);
    if (!held) break;
    if (held != cookie) continue;
    if (first)
      outcome = merge(slot, first, cookie);
    else
      first = slot;
  }
  return outcome;
}

bool arena_socket_store(struct arena *a, const struct wire_info *info) {
  if (!is_cookie(info->cookie)) return true;
  enum outcome outcome = MOVED;
  for (int turn = 0; turn < TURNS && outcome == MOVED; turn++) {
    struct wire_socket *slot = find(a, info->cookie);
    if (slot) {
      outcome = update(slot, info);
    } else {
      outcome = claim(a, info);
      if (outcome == DONE) outcome = settle(a, info->cookie);
    }
  }
  return outcome == DONE;
}

void arena_socket_put(struct arena *a, const struct wire_info *info) {
  if (!arena_socket_store(a, info)) ADD(a->head->registryLost, 1);
}

bool arena_socket_get(struct arena *a, u64 cookie, struct wire_info *out) {
  if (!is_cookie(cookie)) return false;
  struct wire_socket *slot = find(a, cookie);
  return slot && read_slot(slot, cookie, out);
}

u32 arena_socket_version(struct arena *a, u64 cookie) {
  if (!is_cookie(cookie)) return 0;
  struct wire_socket *slot = find(a, cookie);
  return slot ? (u32)(LOAD_ACQUIRE(slot->current) >> 1) : 0;
}

/* 127.0.0.1 and ::1, which each host has for itself. */
static bool is_loopback(const uint8_t address[16]) {
  static const uint8_t v4[13] = {[10] = 0xff, [11] = 0xff, [12] = 127}, v6[16] = {[15] = 1};
  return memcmp(address, v4, sizeof v4) == 0 || memcmp(address, v6, sizeof v6) == 0;
}

static bool are_ends(const struct wire_info *a, const struct wire_info *b) {
  return a->type == b->type && b->state == STATE_connected && a->localPort == b->peerPort && a->peerPort == b->localPort &&
         memcmp(a->localAddress, b->peerAddress, sizeof a->localAddress) == 0 &&
         memcmp(a->peerAddress, b->localAddress, sizeof a->peerAddress) == 0 && (!is_loopback(a->localAddress) || a->host == b->host);
}

void arena_socket_mark_peer(struct arena *a, const struct wire_info *info, u16 flag) {
  struct wire_info peer;
  for (u32 i = 0; i < a->socket_count; i++) {
    u64 cookie = LOAD_ACQUIRE(a->sockets[i].cookie);
    if (!is_cookie(cookie) || cookie == info->cookie || !read_slot(&a->sockets[i], cookie, &peer) || !are_ends(info, &peer)) continue;
    /* Its holders write it as well: an older version would not be stored. */
    for (int turn = 0; turn < TURNS && !(peer.flags & flag); turn++) {
      peer.flags |= flag;
      peer.version++;
      if (!arena_socket_store(a, &peer) || !read_slot(&a->sockets[i], cookie, &peer)) return;
    }
    return;
  }
}

void arena_socket_remove(struct arena *a, u64 cookie) {
  if (!is_cookie(cookie)) return;
  struct wire_socket *slot = find(a, cookie);
  if (slot) tombstone(slot, cookie);
}

bool arena_socket_next(struct arena *a, u32 *at, u16 type, u16 port, struct wire_info *out) {
  while (*at < a->socket_count) {
    struct wire_socket *slot = &a->sockets[(*at)++];
    u64 cookie = LOAD_ACQUIRE(slot->cookie);
    const struct wire_info *seen = (const struct wire_info *)copy_of(slot, LOAD_ACQUIRE(slot->current));
    if (!is_cookie(cookie) || LOAD(seen->localPort) != port) continue;
    if (read_slot(slot, cookie, out) && out->type == type && out->localPort == port) return true;
  }
  return false;
}

u32 arena_sockets(struct arena *a, struct wire_info *out, u32 count) {
  u32 found = 0;
  for (u32 i = 0; i < a->socket_count && found < count; i++) {
    u64 cookie = LOAD_ACQUIRE(a->sockets[i].cookie);
    if (is_cookie(cookie) && read_slot(&a->sockets[i], cookie, &out[found])) found++;
  }
  return found;
}
