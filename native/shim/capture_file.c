/* SPDX-License-Identifier: MIT */
#include "capture_file.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "arena_map.h"
#include "capture_table.h"
#include "log.h"
#include "network.h"
#include "table.h"

/* Numbers of the two formats: https://datatracker.ietf.org/doc/draft-ietf-opsawg-pcap/ and draft-ietf-opsawg-pcapng/. */
enum { MICRO_MAGIC = (int)0xa1b2c3d4, NANO_MAGIC = (int)0xa1b23c4d, LINK_RAW = 101, SNAP_LENGTH = 262144 };
enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, PACKET = 6, BYTE_ORDER_MAGIC = 0x1a2b3c4d };
enum { OPTION_END = 0, OPTION_COMMENT = 1, IF_NAME = 2, IF_V4 = 4, IF_V6 = 5, IF_RESOLUTION = 9 };
enum { BLOCKS_MAX = 640, PARTS_MAX = 72 };

/* Blocks in the making, in the machine's byte order. */
struct blocks {
  size_t size;
  uint8_t bytes[BLOCKS_MAX];
};

static void put(struct blocks *b, const void *bytes, size_t size) {
  if (size) memcpy(b->bytes + b->size, bytes, size);
  b->size += size;
}

static void put32(struct blocks *b, u32 value) { put(b, &value, sizeof value); }
static void put_pair(struct blocks *b, u32 low, u32 high) { put32(b, low | high << 16); }

static void pad(struct blocks *b, size_t size) {
  static const uint8_t zeros[4];
  put(b, zeros, (4 - size % 4) % 4);
}

static void put_option(struct blocks *b, u32 code, const void *value, size_t size) {
  put_pair(b, code, (u32)size);
  put(b, value, size);
  pad(b, size);
}

static size_t begin_block(struct blocks *b, u32 type) {
  put32(b, type);
  put32(b, 0);
  return b->size - 8;
}

static void end_block(struct blocks *b, size_t start) {
  u32 size = (u32)(b->size - start + 4);
  memcpy(b->bytes + start + 4, &size, sizeof size);
  put32(b, size);
}

static void put_classic_head(struct blocks *b) {
  put32(b, (u32)NANO_MAGIC);
  put_pair(b, 2, 4);
  put32(b, 0);
  put32(b, 0);
  put32(b, SNAP_LENGTH);
  put32(b, LINK_RAW);
}

static void put_section(struct blocks *b) {
  size_t start = begin_block(b, SECTION);
  put32(b, BYTE_ORDER_MAGIC);
  put_pair(b, 1, 0);
  put32(b, UINT32_MAX); /* its length is not known */
  put32(b, UINT32_MAX);
  end_block(b, start);
}

static void put_interface(struct blocks *b, const struct network *n, u32 host, bool loopback) {
  char name[80];
  const char *known = n->arena ? (const char *)n->arena->hosts[host - 1].names : "";
  char *at = name;
  for (; *known && at < name + 64; known++) *at++ = *known;
  if (at == name) {
    at = stpcpy(at, "host ");
    if (host >= 10) *at++ = (char)('0' + host / 10);
    *at++ = (char)('0' + host % 10);
  }
  *at = 0;
  if (loopback) at = stpcpy(at, " lo");
  struct address v4 = address_of_host(&n->world, host, false, loopback), v6 = address_of_host(&n->world, host, true, loopback);
  uint8_t four[8] = {0, 0, 0, 0, 255, 255, 255, 0}, six[17], nano = 9;
  memcpy(four, v4.bytes + 12, 4);
  memcpy(six, v6.bytes, 16);
  six[16] = 64;
  size_t start = begin_block(b, INTERFACE);
  put32(b, LINK_RAW);
  put32(b, SNAP_LENGTH);
  put_option(b, IF_NAME, name, (size_t)(at - name));
  put_option(b, IF_V4, four, sizeof four);
  put_option(b, IF_V6, six, sizeof six);
  put_option(b, IF_RESOLUTION, &nano, 1);
  put_option(b, OPTION_END, NULL, 0);
  end_block(b, start);
}

/* The next packet begins a new section. */
static void forget_section(struct capture_table *t) {
  t->section = t->interfaces = 0;
  memset(t->interface, 0, sizeof t->interface);
}

/* The section, and the interface of the packet, where they are not in the file yet. */
static u32 put_heads(struct blocks *b, const struct network *n, const struct capture_packet *p) {
  struct capture_table *t = n->capture.table;
  if (!t->section) put_section(b);
  t->section = 1;
  u32 host = p->host >= 1 && p->host <= HOST_MAX ? p->host : 1;
  u16 *number = &t->interface[host][p->loopback];
  if (!*number) {
    *number = (u16)++t->interfaces;
    put_interface(b, n, host, p->loopback);
  }
  return *number - 1u;
}

int capture_file_open(struct network *n) {
  struct capture *c = &n->capture;
  struct stat status;
  int fd = kernel_open(c->path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOCTTY | (c->create ? O_CREAT : 0), 0644);
  if (fd < 0) return fd;
  u32 magic = 0;
  int result = (int)kernel_call(SYS_fstat, fd, (long)&status, 0, 0, 0, 0);
  if (result == 0 && !S_ISREG(status.st_mode)) result = -EINVAL;
  if (result == 0 && status.st_size && kernel_pread(fd, &magic, sizeof magic, 0) != sizeof magic) result = -EINVAL;
  bool known = c->ng ? magic == SECTION : magic == (u32)MICRO_MAGIC || magic == (u32)NANO_MAGIC;
  if (result == 0 && status.st_size && !known) result = -EINVAL;
  if (result < 0) {
    kernel_close(fd);
    return result;
  }
  c->nanoseconds = magic != (u32)MICRO_MAGIC;
  c->device = status.st_dev;
  c->inode = status.st_ino;
  c->fd = table_own(fd);
  return 0;
}

static bool is_same(const struct capture *c, struct stat *status) {
  return c->fd >= 0 && kernel_call(SYS_fstat, c->fd, (long)status, 0, 0, 0, 0) == 0 && status->st_ino == c->inode &&
         status->st_dev == c->device;
}

void capture_file_close(struct capture *c) {
  struct stat status;
  if (is_same(c, &status)) kernel_close(c->fd);
  c->fd = -1;
}

static bool give_up(struct capture *c, int error) {
  LOG(LOG_ERROR, "the capture %s cannot be written (errno %d): this process writes no more of it", c->path, -error);
  capture_file_close(c);
  atomic_store(&c->state, CAPTURE_OVER);
  return false;
}

/* A program that closes all descriptors may have given our number to a file of its own. */
static int reopened(struct network *n, struct stat *status) {
  struct capture *c = &n->capture;
  if (is_same(c, status)) return 0;
  ino_t before = c->inode;
  int result = capture_file_open(n);
  if (result < 0) return result;
  return is_same(c, status) && c->inode == before ? 0 : -ESTALE;
}

void capture_file_mend(struct network *n) {
  struct capture_table *t = n->capture.table;
  struct stat status;
  t->was_killed = 0;
  if (!t->undo || t->undo > FLOW_COUNT || reopened(n, &status) < 0) return;
  bool whole = t->end && (u64)status.st_size >= t->end;
  if (!whole) t->flows[t->undo - 1] = t->before;
  if (!whole && t->end && (u64)status.st_size > t->start) {
    kernel_call(SYS_ftruncate, n->capture.fd, (long)t->start, 0, 0, 0, 0);
    forget_section(t);
  }
  t->undo = 0;
}

static u32 classic_fraction(const struct capture *c, u64 ns) { return (u32)(c->nanoseconds ? ns : ns / 1000); }

bool capture_file_write(struct network *n, const struct capture_packet *p, u64 now_ns) {
  struct capture *c = &n->capture;
  struct stat status;
  struct blocks front = {.size = 0}, back = {.size = 0};
  int result = reopened(n, &status);
  if (result < 0) return give_up(c, result);
  u32 size = (u32)(p->head_size + p->data->size);
  if (status.st_size == 0) forget_section(c->table);
  if (c->ng) {
    u32 interface = put_heads(&front, n, p);
    size_t start = begin_block(&front, PACKET);
    put32(&front, interface);
    put32(&front, (u32)(now_ns >> 32));
    put32(&front, (u32)now_ns);
    put32(&front, size);
    put32(&front, size);
    pad(&back, size);
    if (*p->comment) put_option(&back, OPTION_COMMENT, p->comment, strlen(p->comment));
    put_option(&back, OPTION_END, NULL, 0);
    u32 whole = (u32)(front.size - start + size + back.size + 4);
    memcpy(front.bytes + start + 4, &whole, sizeof whole);
    put32(&back, whole);
  } else {
    if (status.st_size == 0) put_classic_head(&front);
    put32(&front, (u32)(now_ns / 1000000000));
    put32(&front, classic_fraction(c, now_ns % 1000000000));
    put32(&front, size);
    put32(&front, size);
  }
  put(&front, p->head, p->head_size);
  struct iovec parts[PARTS_MAX] = {{front.bytes, front.size}};
  int count = 1;
  for (int i = 0; i < p->data->count && count < PARTS_MAX - 1; i++) parts[count++] = p->data->parts[i];
  if (back.size) parts[count++] = (struct iovec){back.bytes, back.size};
  size_t whole = front.size + p->data->size + back.size;
  struct rlimit limit;
  if (kernel_call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, (long)&limit, 0, 0) == 0 && limit.rlim_cur < (u64)status.st_size + whole)
    return give_up(c, -EFBIG); /* the kernel would answer the same, but with a SIGXFSZ that ends the program */
  c->table->start = (u64)status.st_size;
  c->table->end = (u64)status.st_size + whole;
  long written = kernel_call(SYS_writev, c->fd, (long)parts, count, 0, 0, 0);
  if (written == (long)whole) return true;
  forget_section(c->table);
  /* Half a packet would make the rest unreadable. */
  if (written > 0) kernel_call(SYS_ftruncate, c->fd, status.st_size, 0, 0, 0, 0);
  return give_up(c, written < 0 ? (int)written : -ENOSPC);
}
