/* SPDX-License-Identifier: MIT
 * The inside of a capture: entering it, and packets of connections. */
#ifndef CAPTURE_WRITE_H
#define CAPTURE_WRITE_H

#include "capture.h"
#include "capture_packet.h"
#include "capture_table.h"

/* NULL: nothing is to be recorded (any more), and nothing is held. Else the caller has the lock, and signals wait. */
struct capture_table *capture_enter(struct network *n);
void capture_leave(struct network *n);
u64 capture_now(struct capture_table *t);

/* The connection of a socket, with its handshake recorded, and which side the socket is. NULL: it has none; `make` then makes one.
 * Under the lock, as all below. */
struct flow *capture_flow(int fd, struct sock *s, int *side, bool make);
/* SYN/ACK and ACK, unless they are in the capture. */
void capture_open_flow(struct network *n, struct flow *f);
void capture_flow_end(struct network *n, struct flow *f, int side, enum flow_end end);
/* Data of one side. `flags`: TCP_URG, or 0. */
void capture_flow_data(struct network *n, struct flow *f, int side, const struct packet_data *data, uint8_t flags);
void capture_put(struct network *n, const struct address *from, const struct address *to, const char *comment, const uint8_t *head,
                 size_t head_size, const struct packet_data *data);
/* "1234 nginx" of this process, into `out` (FLOW_COMMENT). */
/* Until a stream has room, as a blocking sendmsg(2) waits: 0, or -errno. Not under the lock. */
int capture_wait(int fd);
enum { FLOW_COMMENT = 48 };
const char *capture_comment(char *out, u32 pid, const char *program);

#endif
