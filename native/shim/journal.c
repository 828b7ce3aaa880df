/* SPDX-License-Identifier: MIT
 * The ring. A writer claims record `head` with one exchange of the record's own word, and only then moves `head` on; whoever finds a claimed
 * record at `head` moves it on himself. So a writer may be killed between any two instructions: before the exchange it has changed nothing,
 * after it the word names the pid that the reader asks for. The word of a record that was never used is 0 and means FREE(its index): a new
 * file needs no initialisation. */
#include "journal.h"

#include <limits.h>

#include "arena_map.h"
#include "life.h"

/* More failed claims than any number of writers causes: each one is another writer's success. */
enum { CLAIMS = 1 << 16, SPINS = 100 };
enum { BLOCK_RECORDS = 256 };
/* A writer that was killed after it published, but before it counted, has woken nobody: a sleeper looks for himself now and then. */
enum { NAP_MS = 200, CLAIMED_NAP_MS = 2 };

static __thread u32 own_pid, own_tid;

u32 journal_pid(void) {
  if (!own_pid) own_pid = (u32)kernel_getpid();
  return own_pid;
}

u32 journal_tid(void) {
  if (!own_tid) own_tid = (u32)kernel_gettid();
  return own_tid;
}

void journal_forget_pid(void) { own_pid = own_tid = 0; }

static struct wire_record *record_of(const struct arena *a, u64 sequence) { return &a->records[sequence & (a->record_count - 1)]; }

/* Before the first access to a part of the ring: see arena_populate. */
static void touch(struct arena *a, u64 sequence) {
  u32 share = a->record_count / 64, block_records = share < BLOCK_RECORDS ? BLOCK_RECORDS : share;
  u32 first = (u32)(sequence & (a->record_count - 1)) / block_records * block_records;
  u64 bit = 1ULL << first / block_records;
  if (LOAD(a->touched) & bit) return;
  __atomic_fetch_or(&a->touched, bit, __ATOMIC_RELAXED);
  u32 count = a->record_count - first < block_records ? a->record_count - first : block_records;
  arena_populate(&a->records[first], count * sizeof(struct wire_record));
}

static u64 free_word(u64 sequence) { return record_word(sequence, 0, RECORD_FREE); }

/* How far the record's number is ahead of `sequence`; both have 40 bits. */
static int64_t distance(u64 word, u64 sequence) { return (int64_t)((word >> 24 << 24) - (sequence << 24)) >> 24; }

static bool is_free(const struct arena *a, u64 word, u64 sequence) {
  return word == free_word(sequence) || (word == 0 && sequence < a->record_count);
}

/* Takes the next record. NULL when the ring is full. */
static struct wire_record *claim(struct arena *a, u64 *word) {
  for (int turn = 0; turn < CLAIMS; turn++) {
    u64 sequence = LOAD_ACQUIRE(a->head->head);
    touch(a, sequence);
    struct wire_record *r = record_of(a, sequence);
    u64 held = LOAD_ACQUIRE(r->word);
    u64 expected = sequence;
    if (is_free(a, held, sequence)) {
      *word = record_word(sequence, journal_pid(), RECORD_CLAIMED);
      if (!SWAP(r->word, held, *word)) continue;
      SWAP(a->head->head, expected, sequence + 1);
      return r;
    }
    if (distance(held, sequence) < 0) return NULL;
    SWAP(a->head->head, expected, sequence + 1);
  }
  return NULL;
}

static void fill(struct wire_record *r, const struct event *e, u64 time_ns) {
  /* First, and in this order: what the reader looks at while the record is claimed. */
  STORE(r->tid, journal_tid());
  STORE_RELEASE(r->pid, journal_pid());
  r->timeNs = time_ns;
  r->messageId = e->message_id;
  r->fd = e->fd;
  r->result = e->result > INT_MAX ? INT_MAX : (i32)e->result;
  r->op = (u16)e->op;
  r->position = (u16)e->position;
  r->detail = e->detail;
  if (e->info)
    memcpy(r->info, e->info, sizeof r->info);
  else
    memset(r->info, 0, sizeof r->info);
  arena_text(r->text, sizeof r->text, e->text);
}

void journal_write(struct arena *a, const struct event *e) {
  if (!a) return;
  u64 word, time_ns = arena_clock(CLOCK_MONOTONIC);
  struct wire_record *r = claim(a, &word);
  if (!r) {
    ADD(a->head->lost, 1);
    return;
  }
  fill(r, e, time_ns);
  /* An exchange, not a store: should the reader have given the record up, it is not ours any more. */
  u64 held = word;
  if (!SWAP(r->word, held, (word & ~3ULL) | RECORD_PUBLISHED)) {
    ADD(a->head->lost, 1);
    return;
  }
  ADD(a->head->published, 1);
  if (LOAD_ORDERED(a->head->waiters) && __atomic_exchange_n(&a->head->waiters, 0, __ATOMIC_SEQ_CST))
    kernel_futex_wake(&a->head->published, INT_MAX);
}

/* A program that was replaced by exec left its claim to nobody, under a pid that lives on: the new program says that it started. */
static bool was_replaced(const struct arena *a, u64 tail, u32 pid) {
  for (u64 sequence = tail + 1; sequence < tail + a->record_count; sequence++) {
    const struct wire_record *r = record_of(a, sequence);
    u64 word = LOAD_ACQUIRE(r->word);
    if (distance(word, sequence) != 0 || record_state(word) == RECORD_FREE) return false;
    if (record_state(word) == RECORD_PUBLISHED && record_pid(word) == pid && r->op == OP_processStart) return true;
  }
  return false;
}

/* Will the claimer of the record at the tail never publish it? */
static bool is_abandoned(struct arena *a, const struct wire_record *r, u64 tail, u64 word) {
  /* One thread may wait while another one reads: who sees the word sees its time, too. */
  if (LOAD_ACQUIRE(a->stuck_word) != word) {
    a->stuck_since = arena_clock(CLOCK_BOOTTIME);
    STORE_RELEASE(a->stuck_word, word);
  }
  u32 pid = record_pid(word);
  if (life_process_dead((pid_t)pid, a->stuck_since)) return true;
  /* The reader wiped pid and tid when it freed the record, so what stands there is the claimer's. */
  if (LOAD_ACQUIRE(r->pid) == pid && life_thread((pid_t)pid, (pid_t)LOAD(r->tid)) == LIFE_OVER) return true;
  return was_replaced(a, tail, pid);
}

enum step { NOTHING, CLAIMED, WHOLE, ABANDONED, FREED };

/* What lies at the tail. FREED: a reader that was killed had no time to move the tail on. */
static enum step look(struct arena *a, u64 tail, u64 *word) {
  struct wire_record *r = record_of(a, tail);
  touch(a, tail);
  for (int turn = 0;; turn++) {
    *word = LOAD_ACQUIRE(r->word);
    int64_t ahead = distance(*word, tail);
    if (ahead != 0 || record_state(*word) == RECORD_FREE) return ahead == a->record_count ? FREED : NOTHING;
    if (record_state(*word) == RECORD_PUBLISHED) return WHOLE;
    if (turn >= SPINS) {
      if (!is_abandoned(a, r, tail, *word)) return CLAIMED;
      /* Dead by now, but it may have published before: then the word says so. */
      if (LOAD_ACQUIRE(r->word) == *word) return ABANDONED;
    }
    arena_pause();
  }
}

/* False when the writer published after all. */
static bool release(struct arena *a, struct wire_record *r, u64 tail, u64 word) {
  STORE(r->tid, 0);
  STORE(r->pid, 0);
  u64 held = word;
  if (!SWAP(r->word, held, free_word(tail + a->record_count))) return false;
  STORE_RELEASE(a->head->tail, tail + 1);
  return true;
}

/* Without the word: a writer that is late may still try its exchange on it. */
static void copy_contents(struct wire_record *to, const struct wire_record *from) {
  memcpy(&to->timeNs, &from->timeNs, sizeof *to - offsetof(struct wire_record, timeNs));
}

static void describe_abandoned(struct wire_record *out, u64 word) {
  memset(out, 0, sizeof *out);
  out->op = OP_none;
  out->pid = record_pid(word);
  out->fd = -1;
  out->timeNs = arena_clock(CLOCK_MONOTONIC);
}

u32 journal_read(struct arena *a, struct wire_record *out, u32 count) {
  for (u32 taken = 0; taken < count;) {
    u64 word, tail = LOAD(a->head->tail);
    struct wire_record *r = record_of(a, tail);
    enum step step = look(a, tail, &word);
    if (step == FREED) STORE(a->head->tail, tail + 1);
    if (step == NOTHING || step == CLAIMED) return taken;
    if (step == ABANDONED) describe_abandoned(&out[taken], word);
    if (step == WHOLE) copy_contents(&out[taken], r);
    if (step == FREED || !release(a, r, tail, word)) continue;
    out[taken++].word = tail;
  }
  return count;
}

static u64 sleep_ns(u64 now, u64 deadline, u64 nap_ms) {
  u64 nap = nap_ms * 1000000;
  return deadline - now < nap ? deadline - now : nap;
}

bool journal_wait(struct arena *a, int timeout_ms) {
  u64 word, nap_ms = 0, deadline = timeout_ms < 0 ? UINT64_MAX : arena_clock(CLOCK_MONOTONIC) + (u64)timeout_ms * 1000000;
  for (;;) {
    /* Also what was published, or woken, since the last return counts: between the two calls nobody was asleep to be woken. */
    u32 published = LOAD_ORDERED(a->head->published);
    enum step step = look(a, LOAD(a->head->tail), &word);
    bool news = published != a->seen || (step != NOTHING && step != CLAIMED);
    u64 now = arena_clock(CLOCK_MONOTONIC);
    if (news || now >= deadline) {
      a->seen = published;
      STORE(a->head->waiters, 0);
      return news;
    }
    /* A claimed record is about to be published; the nap grows for a writer that was stopped. */
    nap_ms = step != CLAIMED ? NAP_MS : nap_ms && nap_ms < NAP_MS / 2 ? nap_ms * 2 : CLAIMED_NAP_MS;
    u64 ns = sleep_ns(now, deadline, nap_ms);
    struct timespec nap = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    /* A writer that counts before this store is noticed by the kernel's comparison, one that counts after it sees the store. */
    STORE_ORDERED(a->head->waiters, 1);
    kernel_futex_wait(&a->head->published, published, &nap);
  }
}

void journal_wake(struct arena *a) {
  ADD(a->head->published, 1);
  STORE_ORDERED(a->head->waiters, 0);
  kernel_futex_wake(&a->head->published, INT_MAX);
}
