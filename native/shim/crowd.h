/* SPDX-License-Identifier: MIT
 * The sockets that share one address, as the directory and the kernel know them: the names of group.h, read. Under the directory's lock.
 * Signal-safe: yes. */
#ifndef CROWD_H
#define CROWD_H

#include <sys/stat.h>

#include "network.h"

/* Two hex digits. WIDER: the member that is no socket but a link to a name whose sockets answer here as well, if nobody nearer does: those of
 * IPv6 for IPv4, those of the unspecified address for a loopback. */
enum { MEMBERS = 256, WIDER = MEMBERS - 1 };
/* Where a plain name leads if not to a member: it is a socket or not there; it is a link to a wider name. */
enum { NONE = -1, ALIAS = -2 };
/* What others must know of a socket, in the mode of its file: SO_REUSEADDR, SO_REUSEPORT, bound to the unspecified address; and the
 * owner's right to read, which user_share_name keeps from the umask: without it one on the unspecified address does not hear IPv4. */
enum { MARK_ADDRESS = S_ISVTX, MARK_PORT = S_ISUID, MARK_ANY = S_ISGID, MARK_V4 = S_IRUSR };

struct set {
  u64 bits[MEMBERS / 64];
};
static inline bool set_has(const struct set *s, int number) { return s->bits[number / 64] >> (number % 64) & 1; }
static inline void set_add(struct set *s, int number) { s->bits[number / 64] |= 1ull << (number % 64); }

struct crowd {
  const char *plain;
  bool datagrams;
  int target;                                  /* a member, NONE (then member 0 is the plain name) or ALIAS */
  struct set files, alive, listening, any, v4; /* any: on the unspecified address; v4: of those, who hears IPv4 */
};

/* Room for a plain name and its number. */
enum { MEMBER_PATH = sizeof(struct sockaddr_un) + 4 };

void crowd_member(const char *plain, int number, char *out);
void crowd_each_file(const char *plain, void (*visit)(int number, void *context), void *context);
int crowd_target(const char *plain);
/* The name that a plain one, or its member WIDER, is a link to. `out` may be `plain`. */
bool crowd_wider(const struct network *n, const char *plain, char *out);
/* The marks that a socket with the wider name needs to answer at the narrower one. */
u32 crowd_needed(const char *narrower, const char *wider);
/* Those with marks that are needed. */
static inline const struct set *crowd_with(const struct crowd *c, u32 needed) { return needed & MARK_V4 ? &c->v4 : &c->any; }
/* Makes the plain name lead to a member, in one step: there is no moment without it. */
int crowd_point(const char *plain, int number);
/* False when the kernel can't be asked: then nothing may be changed. */
bool crowd_look(const struct network *n, const char *plain, struct crowd *out);
/* 0 when the options of all who are alive let a socket with `options` join them (number `own` is itself), or listen beside those who do;
 * else -EADDRINUSE. Of those that lack one of the `needed` marks nothing is asked. */
int crowd_check(const struct network *n, const struct crowd *c, u32 options, int own, bool to_listen, u32 needed);
/* Who of those alive answers best: of streams, one that listens; one on this very address before one on the unspecified address, and that
 * before a wider name; among equals the next of streams, and of datagram sockets the one before. NONE: nobody is alive. */
int crowd_successor(const struct crowd *c);
/* The rank of a member in that. */
enum { LISTENS = 3 }; /* what listening adds */
int crowd_rank(const struct crowd *c, int number);
void crowd_remove_dead(const struct crowd *c);

#endif
