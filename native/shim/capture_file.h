/* SPDX-License-Identifier: MIT
 * The file of a capture: classic pcap, or pcapng when its name says so. All but capture_file_init under the lock of the capture. */
#ifndef CAPTURE_FILE_H
#define CAPTURE_FILE_H

#include "capture_packet.h"

struct capture_table;
struct network;

enum capture_state { CAPTURE_UNOPENED, CAPTURE_OPENING, CAPTURE_READY, CAPTURE_OVER };

struct capture {
  char path[1024]; /* empty: nothing is captured */
  bool create;     /* a network's file is made by the test, which also removes it */
  bool ng;
  bool nanoseconds; /* of a classic file: as its head says */
  _Atomic int state;
  int fd;
  dev_t device;
  ino_t inode;
  struct capture_table *table;
};

/* One packet: its head, and the data behind it. */
struct capture_packet {
  u32 host; /* whose interface */
  bool loopback;
  const char *comment;
  const uint8_t *head;
  size_t head_size;
  const struct packet_data *data;
};

/* Opens the file, and reads or writes its head later. 0 or -errno. */
int capture_file_open(struct network *n);
/* False: the capture is over for this process, which has told so. */
bool capture_file_write(struct network *n, const struct capture_packet *p, u64 now_ns);
/* After a writer was killed inside: half a packet goes, and so does what its connection had counted for it. */
void capture_file_mend(struct network *n);
void capture_file_close(struct capture *c);

#endif
