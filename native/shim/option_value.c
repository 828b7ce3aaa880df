/* SPDX-License-Identifier: MIT */
#include "option_value.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

/* Of IPPROTO_IP: those for which a length of 0 is no value, but none. */
static const int needs_value[] = {IP_TTL, IP_FREEBIND, IP_TRANSPARENT, IP_MINTTL, IP_MULTICAST_TTL, IP_MULTICAST_LOOP, IP_MULTICAST_ALL};
/* Of IPPROTO_IPV6: those that take less than an int for 0. */
static const int takes_less[] = {IPV6_DONTFRAG, IPV6_AUTOFLOWLABEL, IPV6_RECVFRAGSIZE};

#define HAS(list, number) has(list, sizeof(list) / sizeof(list)[0], number)
static bool has(const int *list, size_t count, int number) {
  for (size_t i = 0; i < count; i++)
    if (list[i] == number) return true;
  return false;
}

int option_check_length(int level, const socklen_t *length) {
  if (!length) return -EFAULT;
  return (int)*length < 0 && level != IPPROTO_IPV6 ? -EINVAL : 0; /* do_ipv6_getsockopt compares unsigned */
}

int option_answer(void *value, socklen_t *length, const void *from, socklen_t size) {
  if (*length < size) size = *length;
  if (size && !value) return -EFAULT;
  if (size) memcpy(value, from, size);
  *length = size;
  return 0;
}

int option_answer_int(void *value, socklen_t *length, int number) { return option_answer(value, length, &number, sizeof number); }

int option_answer_small(int level, void *value, socklen_t *length, int number) {
  unsigned char byte = (unsigned char)number;
  if (level == IPPROTO_IP && *length > 0 && *length < sizeof number && number == byte)
    return option_answer(value, length, &byte, sizeof byte);
  return option_answer_int(value, length, number);
}

int option_read_int(int level, int number, const void *value, socklen_t length, int *out) {
  *out = 0;
  if (level == IPPROTO_IPV6) {
    if (length < sizeof *out) return HAS(takes_less, number) ? 0 : -EINVAL;
    if (value) memcpy(out, value, sizeof *out);
    return 0;
  }
  if (length >= sizeof *out) {
    if (!value) return -EFAULT;
    memcpy(out, value, sizeof *out);
    return 0;
  }
  if (level != IPPROTO_IP || (length == 0 && HAS(needs_value, number))) return -EINVAL;
  if (length && !value) return -EFAULT;
  if (length) *out = *(const unsigned char *)value;
  return 0;
}
