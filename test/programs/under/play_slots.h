/* SPDX-License-Identifier: MIT
 * What a process of a played program has and says: its channels, its sockets in slots, the text of its answer. */
#ifndef PLAY_SLOTS_H
#define PLAY_SLOTS_H

#include <stdlib.h>

#include "../passing.h"

enum { PROCESSES = 6, SLOTS = 8, NAMED_PORTS = 4, ANSWER = 512, CHANNELS = 200, HELD = 100 };

/* Channels have fixed numbers, which no socket of a program gets: commands from 200 on, two ends a process; carriers of descriptors
 * between any two processes after them. */
static int command_end(int process) { return CHANNELS + 2 * process; }
static int worker_end(int process) { return CHANNELS + 2 * process + 1; }
static int carrier_end(int from, int to) { return CHANNELS + 2 * PROCESSES + from * PROCESSES + to; }

static void place(int at[2], int type) {
  int ends[2];
  must(socketpair(AF_UNIX, type, 0, ends) == 0);
  for (int i = 0; i < 2; i++)
    if (ends[i] != at[i]) must(dup2(ends[i], at[i]) == at[i] && close(ends[i]) == 0);
}
static void make_channels(void) {
  for (int i = 0; i < PROCESSES; i++) {
    place((int[]){command_end(i), worker_end(i)}, SOCK_SEQPACKET);
    /* What process i sends to process j arrives at j's end towards i; to itself it is a pair that only i uses. */
    for (int j = i + 1; j < PROCESSES; j++) place((int[]){carrier_end(i, j), carrier_end(j, i)}, SOCK_SEQPACKET);
  }
}

struct slot {
  int fd, type, family;
};
static struct slot slots[SLOTS];
static int self;

static char answer_text[ANSWER];
static int answer_length;
__attribute__((format(printf, 1, 2))) static void answer(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  int room = ANSWER - answer_length;
  int length = vsnprintf(answer_text + answer_length, (size_t)room, format, arguments);
  answer_length += length < room ? length : room - 1;
  va_end(arguments);
}
static long result(long value) {
  if (value < 0)
    answer(" %s", strerrorname_np(errno));
  else
    answer(" %ld", value);
  return value;
}
static void answer_name(const char *what, const struct name *n) {
  char host[INET6_ADDRSTRLEN] = "";
  const void *address = n->at.ss_family == AF_INET6 ? (const void *)&((const struct sockaddr_in6 *)&n->at)->sin6_addr
                                                    : (const void *)&((const struct sockaddr_in *)&n->at)->sin_addr;
  if (n->length == 0)
    answer(" %s nothing", what);
  else if (n->at.ss_family != AF_INET && n->at.ss_family != AF_INET6)
    answer(" %s family %d", what, n->at.ss_family);
  else
    answer(" %s %s:<%d>", what, inet_ntop(n->at.ss_family, address, host, sizeof host), name_port_of(n));
}

static struct slot *empty_slot(void) {
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].fd < 0) return &slots[i];
  return NULL;
}
/* The k-th socket of this process that has the type (any: 0), counted round. */
static struct slot *slot_of(int k, int type) {
  int count = 0;
  for (int i = 0; i < SLOTS; i++) count += slots[i].fd >= 0 && (type == 0 || slots[i].type == type);
  if (count == 0) return NULL;
  k %= count;
  for (int i = 0; i < SLOTS; i++)
    if (slots[i].fd >= 0 && (type == 0 || slots[i].type == type) && k-- == 0) return &slots[i];
  return NULL;
}
static void keep(struct slot *slot, int fd) {
  /* A descriptor that no slot has room for is closed. */
  if (fd < 0) return;
  if (!slot) {
    must(close(fd) == 0);
    return;
  }
  *slot = (struct slot){fd, int_option(fd, SOL_SOCKET, SO_TYPE), int_option(fd, SOL_SOCKET, SO_DOMAIN)};
  answer(" type %d family %d", slot->type, slot->family);
}

static void answer_names(int fd) {
  struct name n = local_of(fd);
  answer_name("local", &n);
  n.length = sizeof n.at;
  if (getpeername(fd, sa(&n), &n.length) < 0)
    answer(" peer %s", strerrorname_np(errno));
  else
    answer_name("peer", &n);
}
#endif
