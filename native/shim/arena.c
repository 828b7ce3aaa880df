/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "arena_map.h"

/* Most of each kind: all offsets of a shape below these stay under 4 GiB. */
enum { RECORDS_MAX = 1 << 22, SOCKETS_MAX = 1 << 20, PROCESSES_MAX = 1 << 16, HOSTS = 64, MEMBERS = 256 };
enum { POOL = 16, FIRST_SOCKETS = 64 };
enum { PORT_FIRST = 32768, PORT_COUNT = 60999 - PORT_FIRST + 1 };

static bool power_of_two(u32 n) { return n && !(n & (n - 1)); }
static u64 round_up(u64 n) { return (n + 63) & ~63ULL; }

/* The only layout of a shape: what is not equal to it is hostile or another version. */
static bool lay_out(const struct arena_shape *shape, struct wire_arena *out) {
  if (!power_of_two(shape->records) || !power_of_two(shape->sockets) || !shape->processes) return false;
  if (shape->records > RECORDS_MAX || shape->sockets > SOCKETS_MAX || shape->processes > PROCESSES_MAX) return false;
  memset(out, 0, sizeof *out);
  out->magic = ARENA_MAGIC;
  out->version = ARENA_VERSION;
  out->headSize = sizeof(struct wire_arena);
  out->recordSize = sizeof(struct wire_record);
  out->recordCount = shape->records;
  out->socketSize = sizeof(struct wire_socket);
  out->socketCount = shape->sockets;
  out->processSize = sizeof(struct wire_process);
  out->processCount = shape->processes;
  out->hostSize = sizeof(struct wire_host);
  out->hostCount = HOSTS;
  out->features = shape->features;
  u64 at = round_up(sizeof(struct wire_arena));
  out->hostOffset = (u32)at;
  at = round_up(at + HOSTS * sizeof(struct wire_host));
  out->memberOffset = (u32)at;
  out->memberSize = sizeof(struct wire_member);
  out->memberCount = MEMBERS;
  at = round_up(at + MEMBERS * sizeof(struct wire_member));
  out->processOffset = (u32)at;
  at = round_up(at + (u64)shape->processes * sizeof(struct wire_process));
  out->socketOffset = (u32)at;
  at = round_up(at + (u64)shape->sockets * sizeof(struct wire_socket));
  out->recordOffset = (u32)at;
  out->totalSize = round_up(at + (u64)shape->records * sizeof(struct wire_record));
  return true;
}

/* Compares the part of the head that never changes with the layout of its own counts. */
static bool head_is_sound(const struct wire_arena *head, u64 file_size) {
  struct arena_shape shape = {head->recordCount, head->socketCount, head->processCount, head->features};
  struct wire_arena expected;
  if (!lay_out(&shape, &expected) || expected.totalSize != file_size) return false;
  expected.networkId = head->networkId;
  return memcmp(head, &expected, offsetof(struct wire_arena, pad1)) == 0;
}

static int arena_path(const char *dir, char *path, size_t size) {
  size_t length = strlen(dir);
  if (length + sizeof "/" ARENA_FILE > size) return -ENAMETOOLONG;
  memcpy(path, dir, length);
  memcpy(path + length, "/" ARENA_FILE, sizeof "/" ARENA_FILE);
  return 0;
}

static void *map(size_t size, int flags, int fd) {
  /* The kernel's call, since libc's would set errno. */
  long result = kernel_call(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE, flags, fd, 0);
  return result < 0 && result >= -4095 ? NULL : (void *)result;
}

/* A process has one network, a test's process a few: they cost no page of their own. */
static struct arena pool[POOL];
static u32 pool_used;

static struct arena *allocate(void) {
  for (u32 i = 0; i < POOL; i++)
    if (!(__atomic_fetch_or(&pool_used, 1u << i, __ATOMIC_ACQUIRE) & 1u << i)) return &pool[i];
  return map(sizeof(struct arena), MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static void deallocate(struct arena *a) {
  memset(a, 0, sizeof *a);
  if (a >= pool && a < pool + POOL)
    __atomic_fetch_and(&pool_used, ~(1u << (a - pool)), __ATOMIC_RELEASE);
  else
    kernel_call(SYS_munmap, (long)a, sizeof *a, 0, 0, 0, 0);
}

void arena_touch(struct arena *a) {
  STORE(a->touched, 0);
  u32 sockets = a->socket_count < FIRST_SOCKETS ? a->socket_count : FIRST_SOCKETS;
  arena_populate(a->head, (size_t)((uint8_t *)(a->sockets + sockets) - (uint8_t *)a->head));
}

static int map_file(int fd, struct arena **out) {
  struct stat file;
  struct wire_arena head;
  int result = (int)kernel_call(SYS_fstat, fd, (long)&file, 0, 0, 0, 0);
  if (result < 0) return result;
  if (!S_ISREG(file.st_mode)) return -EPROTO;
  long length = kernel_pread(fd, &head, sizeof head, 0);
  if (length < 0) return (int)length;
  if (length != sizeof head || !head_is_sound(&head, (u64)file.st_size)) return -EPROTO;

  struct arena *a = allocate();
  uint8_t *base = a ? map(head.totalSize, MAP_SHARED, fd) : NULL;
  if (!base) {
    if (a) deallocate(a);
    return -ENOMEM;
  }
  a->head = (struct wire_arena *)base;
  a->hosts = (struct wire_host *)(base + head.hostOffset);
  a->members = (struct wire_member *)(base + head.memberOffset);
  a->processes = (struct wire_process *)(base + head.processOffset);
  a->sockets = (struct wire_socket *)(base + head.socketOffset);
  a->records = (struct wire_record *)(base + head.recordOffset);
  a->process_count = head.processCount;
  a->socket_count = head.socketCount;
  a->record_count = head.recordCount;
  a->size = head.totalSize;
  arena_touch(a);
  a->seen = LOAD(a->head->published);
  *out = a;
  return 0;
}

int arena_open(const char *dir, struct arena **out) {
  char path[4096];
  int result = arena_path(dir, path, sizeof path);
  if (result < 0) return result;
  /* NONBLOCK: a FIFO of that name must not block; NOFOLLOW: nobody else's file. */
  int fd = kernel_open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0);
  if (fd < 0) return fd == -ELOOP || fd == -EISDIR ? -EPROTO : fd;
  result = map_file(fd, out);
  kernel_close(fd);
  return result;
}

void arena_close(struct arena *a) {
  kernel_call(SYS_munmap, (long)a->head, (long)a->size, 0, 0, 0, 0);
  deallocate(a);
}

struct wire_arena *arena_head(struct arena *a) { return a->head; }

static int fill_file(int fd, struct wire_arena *head) {
  long result = kernel_random(&head->networkId, sizeof head->networkId);
  if (result < 0) return (int)result;
  /* 0 stands for "no abstract names". */
  if (!head->networkId) head->networkId = 1;
  int error;
  do error = posix_fallocate(fd, 0, (off_t)head->totalSize);
  while (error == EINTR);
  if (error) return -error;
  result = kernel_pwrite(fd, head, sizeof *head, 0);
  if (result < 0) return (int)result;
  return result == sizeof *head ? 0 : -EIO;
}

int arena_create(const char *dir, const struct arena_shape *shape) {
  char path[4096];
  struct wire_arena head;
  struct rlimit limit;
  if (!lay_out(shape, &head)) return -EINVAL;
  int result = arena_path(dir, path, sizeof path);
  if (result < 0) return result;
  /* The kernel would answer the same, but with a SIGXFSZ that ends the program. */
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < head.totalSize) return -EFBIG;
  int fd = kernel_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return fd;
  result = fill_file(fd, &head);
  kernel_close(fd);
  if (result < 0) kernel_unlink(path);
  return result;
}

u16 arena_next_port(struct arena *a, int socket_type) {
  u32 *counter = socket_type == SOCK_STREAM ? &a->head->nextStreamPort : &a->head->nextDatagramPort;
  return (u16)(PORT_FIRST + ADD(*counter, 1) % PORT_COUNT);
}

struct wire_member *arena_members(struct arena *a, u32 *count) {
  *count = MEMBERS;
  return a->members;
}

void arena_mark(struct arena *a) { STORE(a->head->marked, 1); }

void arena_crowd(struct arena *a) { STORE(a->head->crowded, 1); }

bool arena_crowded(const struct arena *a) { return LOAD(a->head->crowded); }

bool arena_marked(const struct arena *a) { return LOAD(a->head->marked); }

u64 arena_next_message(struct arena *a) { return ADD(a->head->nextMessage, 1) + 1; }
