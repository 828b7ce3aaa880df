/* SPDX-License-Identifier: MIT
 * What all processes that write one capture share: a file in the network's directory, mapped by each, with a lock and the state of every
 * connection. A socket is found by its cookie, so that whoever holds it goes on where the holder before has stopped. */
#ifndef CAPTURE_TABLE_H
#define CAPTURE_TABLE_H

#include <sys/types.h>

#include "name.h"

enum { FLOW_COUNT = 8192, FLOW_PROGRAM = 16 };
enum { CLIENT, SERVER };
enum flow_flag { FLOW_SYN = 1, FLOW_OPEN = 2, FLOW_OVER = 4 };
enum flow_end { END_FIN = 1, END_RST = 2, END_READ = 4 /* shutdown(SHUT_RD): its end of file says nothing about the peer */ };

/* One side of a connection. */
struct flow_side {
  u64 cookie;
  u64 sent;  /* bytes in the capture */
  u64 taken; /* bytes that were read of what this side has sent */
  u64 told;  /* bytes in the capture that the other side's packets have acknowledged */
  struct address address;
  uint16_t ends;
  u32 first; /* initial sequence number */
  u32 pid;   /* who acted last; 0: nobody yet */
  char program[FLOW_PROGRAM];
};

struct flow {
  u64 key; /* the client's name in the kernel, which both sides see; 0: free */
  u64 used_ns;
  u32 flags;
  u32 reserved;
  struct flow_side side[2];
};

struct capture_table {
  u64 owner; /* tid << 32 | pid; the upper half is a futex */
  u32 waiters;
  u32 used;    /* one past the last flow that was ever used */
  u64 last_ns; /* time stamps never go back */
  u32 section; /* the file has its head */
  u32 interfaces;
  u16 interface[HOST_MAX + 1][2]; /* pcapng: number + 1 of the interface of a host, and of its loopback */
  /* What whoever was killed inside leaves to his successor: the flow as it was before the packet that he was writing, and where that packet
   * begins and ends in the file. */
  u16 was_killed;
  u16 reserved;
  u32 undo; /* number of the flow + 1; 0: no packet is under way */
  u32 reserved_too;
  u64 start, end;
  struct flow before;
  struct flow flows[FLOW_COUNT];
};

/* Maps the file, and makes it when it is not there. `for_all`: the directory keeps other users out. NULL: impossible. */
struct capture_table *capture_table_open(const char *dir, u64 inode, bool for_all);
void capture_table_close(struct capture_table *t);
/* One at a time, over all processes and threads. Who was killed, or stopped, inside is succeeded. The caller's signals are blocked: a handler
 * that interrupts the holder would wait for itself. */
void capture_table_lock(struct capture_table *t);
void capture_table_unlock(struct capture_table *t);

/* Under the lock. NULL: there is none. */
struct flow *flow_of_cookie(struct capture_table *t, u64 cookie, u32 *hint);
/* A connection of that client that nobody has accepted yet. */
struct flow *flow_of_client(struct capture_table *t, u64 key);
/* A zeroed one; when all are used, the one that was quiet for longest. One that is over stays for a while: its holders still close it. */
struct flow *flow_new(struct capture_table *t, u64 key, u64 now_ns);

#endif
