/* SPDX-License-Identifier: MIT
 * sendmsg and recvmsg on any descriptor: a stream of ours, a datagram socket of ours, or one that is not ours and may pass some.
 * All >= 0 or -errno. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <sys/socket.h>

struct control_item;

long message_send(int fd, const struct msghdr *message, int flags);
long message_receive(int fd, struct msghdr *message, int flags);
/* sendmmsg(2) and recvmmsg(2), message by message. */
long message_send_many(int fd, struct mmsghdr *messages, unsigned count, int flags);
long message_receive_many(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout);
/* True when one of the messages has control data. */
bool message_any_control(const struct mmsghdr *messages, unsigned count);
/* True when one of them carries a socket of ours. */
bool message_any_pass(const struct mmsghdr *messages, unsigned count);

/* Bytes of the message's vectors. */
size_t message_size(const struct msghdr *message);
/* Takes what only unix sockets deliver out of received control data (descriptors are closed); returns the new length. */
size_t message_keep_inet(void *control, size_t size);
/* True for SOL_SOCKET control data that an inet socket lets a program send. */
bool message_takes_socket_control(const struct control_item *item);

#endif
