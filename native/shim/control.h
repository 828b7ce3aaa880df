/* SPDX-License-Identifier: MIT
 * Control data of messages, walked and written exactly as the kernel does it (put_cmsg, scm_detach_fds), over plain buffers.
 * Nothing here needs the alignment that CMSG_FIRSTHDR assumes. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef SCM_SECURITY
#define SCM_SECURITY 0x03
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 0x04
#endif

/* One control message of a buffer. */
struct control_item {
  struct cmsghdr head;
  const uint8_t *data;
  size_t size;   /* of the data */
  size_t offset; /* of the header in the buffer */
};

/* Steps through `size` bytes at `buffer`; `*offset` starts at 0 and afterwards is where the next header would be.
 * Returns 1 with an item, 0 at the end, -EINVAL for a header whose length the kernel refuses. */
int control_next(const void *buffer, size_t size, size_t *offset, struct control_item *out);
bool control_is_descriptors(const struct control_item *item);
/* What only AF_UNIX delivers: must not appear on an inet socket. */
bool control_is_unix(const struct control_item *item);

/* The caller's buffer while it is filled. */
struct control_writer {
  uint8_t *at;
  size_t room;
  int flags; /* MSG_CTRUNC */
};
void control_put(struct control_writer *w, int level, int type, const void *data, size_t size);
/* Returns how many descriptors fitted. */
size_t control_put_descriptors(struct control_writer *w, const int *descriptors, size_t count);

#endif
