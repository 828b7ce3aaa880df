/* SPDX-License-Identifier: MIT
 * A name server's answers, message in, message out: A, AAAA and PTR of what lookup.h knows, NXDOMAIN for everything else (RFC 1035, 6891).
 * Signal-safe: yes. */
#ifndef DNS_H
#define DNS_H

#include <stddef.h>

#include "network.h"

/* Longest answer (32 addresses, see lookup.h), and the longest question that is looked at. */
enum { DNS_MESSAGE_MAX = 2048 };

/* Writes the answer to a query into `out` and returns its size; 0 for what is no query and gets none. Over UDP an answer that is longer than
 * the asker takes is cut and says so. */
size_t dns_answer(const struct network *n, const uint8_t *query, size_t size, bool datagram, uint8_t out[DNS_MESSAGE_MAX]);

#endif
