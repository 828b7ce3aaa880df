/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <string.h>

int control_next(const void *buffer, size_t size, size_t *offset, struct control_item *out) {
  /* As __cmsg_nxthdr: a rest too short for a header is ignored. */
  if (!buffer || *offset > size || size - *offset < sizeof out->head) return 0;
  memcpy(&out->head, (const uint8_t *)buffer + *offset, sizeof out->head);
  if (out->head.cmsg_len < sizeof out->head || out->head.cmsg_len > size - *offset) return -EINVAL;
  out->offset = *offset;
  out->data = (const uint8_t *)buffer + *offset + CMSG_LEN(0);
  out->size = out->head.cmsg_len - CMSG_LEN(0);
  *offset += CMSG_ALIGN(out->head.cmsg_len);
  return 1;
}

bool control_is_descriptors(const struct control_item *item) {
  return item->head.cmsg_level == SOL_SOCKET && item->head.cmsg_type == SCM_RIGHTS;
}

bool control_is_unix(const struct control_item *item) {
  int type = item->head.cmsg_type;
  return item->head.cmsg_level == SOL_SOCKET &&
         (type == SCM_RIGHTS || type == SCM_CREDENTIALS || type == SCM_SECURITY || type == SCM_PIDFD);
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

void control_put(struct control_writer *w, int level, int type, const void *data, size_t size) {
  struct cmsghdr head = {.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
  if (w->room < sizeof head) {
    w->flags |= MSG_CTRUNC;
    return;
  }
  if (w->room < head.cmsg_len) {
    w->flags |= MSG_CTRUNC;
    head.cmsg_len = w->room;
  }
  memcpy(w->at, &head, sizeof head);
  memcpy(w->at + CMSG_LEN(0), data, head.cmsg_len - CMSG_LEN(0));
  size_t used = least(CMSG_SPACE(size), w->room);
  w->at += used;
  w->room -= used;
}

size_t control_put_descriptors(struct control_writer *w, const int *descriptors, size_t count) {
  struct cmsghdr head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
  size_t fit = w->room <= sizeof head ? 0 : least((w->room - sizeof head) / sizeof(int), count);
  if (fit < count) w->flags |= MSG_CTRUNC;
  if (fit == 0) return 0;
  head.cmsg_len = CMSG_LEN(fit * sizeof(int));
  memcpy(w->at, &head, sizeof head);
  memcpy(w->at + CMSG_LEN(0), descriptors, fit * sizeof(int));
  size_t used = least(CMSG_SPACE(fit * sizeof(int)), w->room);
  w->at += used;
  w->room -= used;
  return fit;
}
