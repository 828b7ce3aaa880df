/* SPDX-License-Identifier: MIT
 * Datagrams, which need no state: the sender's address and the destination are all. */
#include <errno.h>

#include "capture_file.h"
#include "capture_write.h"
#include "journal.h"
#include "message.h"
#include "process.h"
#include "root.h"

static struct packet_data data_of(const struct msghdr *message) {
  return (struct packet_data){message->msg_iov, (int)message->msg_iovlen, message_size(message)};
}

/* A socket on every address sends with the one that leads to the destination. */
static struct address source_of(const struct sock *s, const struct address *to) {
  struct wire_info info;
  sock_read(s, &info);
  struct address from = info_local(&info);
  const struct name_world *world = &s->network->world;
  if (address_is_any(&from)) from = address_of_host(world, world->host, !address_is_v4(to), address_is_loopback(to));
  from.port = info.localPort;
  return from;
}

/* Under the lock. */
static void record(struct sock *s, struct capture_datagram *d) {
  if (d->recorded) return;
  d->recorded = true;
  uint8_t head[PACKET_HEAD_MAX];
  char comment[FLOW_COMMENT];
  struct iovec parts[64];
  struct address from = source_of(s, d->to);
  struct packet_data all = data_of(d->message), data = packet_part(&all, 0, all.size, parts, 64);
  capture_put(s->network, &from, d->to, capture_comment(comment, journal_pid(), process_program()), head,
              packet_udp(head, &from, d->to, &data), &data);
}

long capture_datagram_send(int fd, struct sock *s, struct capture_datagram *d, const struct msghdr *message, int flags) {
  bool entered = capture_enter(s->network) != NULL;
  long result = root_send(fd, message, flags);
  if (entered && result >= 0) record(s, d);
  if (entered) capture_leave(s->network);
  return result;
}

void capture_datagram_lost(struct sock *s, struct capture_datagram *d, bool refused) {
  if (!capture_enter(s->network)) return;
  record(s, d);
  if (refused) {
    uint8_t answer[PACKET_QUOTE_MAX];
    struct address from = source_of(s, d->to);
    struct packet_data data = data_of(d->message);
    struct iovec whole = {answer, packet_port_unreachable(answer, &from, d->to, &data)};
    capture_put(s->network, d->to, &from, "", NULL, 0, &(struct packet_data){&whole, 1, whole.iov_len});
  }
  capture_leave(s->network);
}
