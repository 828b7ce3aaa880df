/* SPDX-License-Identifier: MIT
 * One socket of a network as this process knows it. Slots are type-stable: they are reserved once and recycled, never unmapped, so a
 * reader that loses a race against close reads an old socket, not freed memory. */
#ifndef SOCK_H
#define SOCK_H

#include "network.h"

enum { SOCK_LOCAL_OPTIONS = 59, SOCK_CONGESTION_SIZE = 16 /* TCP_CA_NAME_MAX */ };

/* A wire_info whose fields are read one by one while another thread writes. */
#define FIELD(type, name, doc) _Atomic type name;
#define BYTES(name, size, doc) _Atomic u64 name[(size) / 8];
#define INTS(name, count, doc) _Atomic i32 name[count];
struct sock_info {
#include "../wire/info.def"
};
#undef FIELD
#undef BYTES
#undef INTS
static_assert(sizeof(struct sock_info) == sizeof(struct wire_info), "they are copied word by word");

struct cork;
struct error_queue;

struct sock {
  _Atomic u32 references; /* descriptors of this process */
  _Atomic u32 sequence;   /* odd while `info` is written */
  _Atomic u32 next_free;
  _Atomic bool registered;               /* in the arena's registry */
  _Atomic bool sent_to_own_address;      /* UDP: what went to the own host last went to its address, not to its loopback */
  _Atomic bool filters;                  /* UDP, connected: the kernel may deliver what is not from the peer */
  _Atomic u32 edge;                      /* TCP: EDGE_ bits of stream.h */
  _Atomic u64 near;                      /* UDP: bit port % 64 for each sender of the own host whose name was shown as a loopback address */
  _Atomic u64 name_inode;                /* UDP: of its name, once it was asked for */
  _Atomic u32 filled;                    /* UDP: so many datagrams may be taken until the queue must be filled up again */
  _Atomic(struct error_queue *) errors;  /* UDP: error_queue.h */
  _Atomic(struct cork *) cork;           /* UDP: datagram_cork.h */
  _Atomic u32 drops;                     /* UDP: datagrams that found no room */
  _Atomic bool wants_room;               /* UDP: somebody waits for room to send (datagram_room.h) */
  _Atomic u64 full;                      /* UDP: the destination whose queue is full and since when; 0 for none */
  _Atomic u32 flow;                      /* where the capture had it last */
  _Atomic i32 local[SOCK_LOCAL_OPTIONS]; /* option_local.h */
  char congestion[SOCK_CONGESTION_SIZE]; /* its name, if the program chose one */
  struct network *_Atomic network;
  _Atomic int served;    /* TCP: descriptor of the name server's end + 1; 0: none; -1: somebody is answering */
  u64 served_cookie;     /* of that descriptor: a program may close what it does not know */
  struct sock_info info; /* single fields at any time; several that belong together by sock_read; written between sock_begin and sock_end */
};

/* A consistent copy. Bounded: a reader in a signal handler that interrupted the writer takes what is there. Signal-safe: yes. */
void sock_read(const struct sock *s, struct wire_info *out);
/* Between the two the caller may write s->info; no system call in between. The version is endpoint_record's to count.
 * The verbs never block: after a bounded spin the writer goes on. Signal-safe: yes. */
void sock_begin(struct sock *s);
void sock_end(struct sock *s);
/* The same, with the current copy of the registry when that is newer (another holder connected, bound ...). One load when it is not. */
void sock_refresh(struct sock *s);

/* Between the two. */
void sock_write(struct sock *s, const struct wire_info *info);
void sock_set_local(struct sock *s, const struct address *a);
void sock_set_peer(struct sock *s, const struct address *a);

static inline bool sock_is_stream(const struct sock *s) { return s->info.type == SOCK_STREAM; }
struct address info_local(const struct wire_info *i);
struct address info_peer(const struct wire_info *i);
void info_set_local(struct wire_info *i, const struct address *a);
void info_set_peer(struct wire_info *i, const struct address *a);

#endif
