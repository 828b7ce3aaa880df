/* SPDX-License-Identifier: MIT
 * usage: arena_hostile DIR CASE
 * Files that are no arena, or one that somebody has scribbled in. */
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include "pattern.h"

enum { SEED = 20240229, FIXED = offsetof(struct wire_arena, pad1) };

static char path[4096];
static const char *directory;
static uint8_t *sound; /* the bytes of a good arena */
static size_t sound_size;

static void write_file(const void *bytes, size_t size) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size, "write %s: %s", path, strerror(errno));
  close(fd);
}

static void expect(int expected, const char *what, u64 number) {
  struct arena *a;
  int result = arena_open(directory, &a);
  CHECK(result == expected, "%s %lu: arena_open answers %d, not %d", what, number, result, expected);
  if (result == 0) arena_close(a);
}

static void load_sound(void) {
  struct stat info;
  struct arena_shape shape = {64, 128, 16, ARENA_ABSTRACT_CLIENTS};
  CHECK(arena_create(directory, &shape) == 0, "arena_create %s", directory);
  int fd = open(path, O_RDONLY);
  CHECK(fd >= 0 && fstat(fd, &info) == 0, "open %s: %s", path, strerror(errno));
  sound_size = (size_t)info.st_size;
  sound = malloc(sound_size);
  CHECK(read(fd, sound, sound_size) == (ssize_t)sound_size, "read %s: %s", path, strerror(errno));
  close(fd);
}

static void cut(void) {
  for (size_t size = 0; size < sizeof(struct wire_arena); size += 7) {
    write_file(sound, size);
    expect(-EPROTO, "size", size);
  }
  size_t sizes[] = {sizeof(struct wire_arena), sound_size / 2, sound_size - 1, sound_size + 1};
  uint8_t *longer = calloc(1, sound_size + 1);
  memcpy(longer, sound, sound_size);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    write_file(longer, sizes[i]);
    expect(-EPROTO, "size", sizes[i]);
  }
  free(longer);
  write_file(sound, sound_size);
  expect(0, "size", sound_size);
}

/* Every word of the fixed part: all of them are checked, but the network's id and the features, which may have any value. */
static void words(void) {
  uint8_t *bytes = malloc(sound_size);
  for (size_t at = 0; at < FIXED; at += 4) {
    bool any = (at >= offsetof(struct wire_arena, networkId) && at < offsetof(struct wire_arena, recordSize)) ||
               at == offsetof(struct wire_arena, features);
    u32 value;
    memcpy(&value, sound + at, 4);
    u32 others[] = {0, 1, UINT32_MAX, 0x80000000u, value + 1, value - 1, value * 2, value / 2, ~value, value ^ 64};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
      memcpy(bytes, sound, sound_size);
      memcpy(bytes + at, &others[i], 4);
      write_file(bytes, sound_size);
      expect(any || others[i] == value ? 0 : -EPROTO, "word at", at);
    }
  }
  free(bytes);
}

static void random_heads(void) {
  uint8_t *bytes = malloc(sound_size);
  for (u64 turn = 0; turn < 1000; turn++) {
    size_t size = (size_t)rand() % (turn % 10 ? 1000 : sound_size);
    for (size_t i = 0; i < size; i++) bytes[i] = (uint8_t)rand();
    /* Half of them with a magic and version that are right. */
    if (turn % 2) memcpy(bytes, sound, size < 12 ? size : 12);
    write_file(bytes, size);
    expect(-EPROTO, "random file", turn);
  }
  free(bytes);
}

static void kinds(void) {
  unlink(path);
  expect(-ENOENT, "no file", 0);
  CHECK(mkfifo(path, 0600) == 0, "mkfifo: %s", strerror(errno));
  expect(-EPROTO, "FIFO", 0);
  unlink(path);
  CHECK(mkdir(path, 0700) == 0, "mkdir: %s", strerror(errno));
  expect(-EPROTO, "directory", 0);
  rmdir(path);
  char target[4200];
  snprintf(target, sizeof target, "%s.good", path);
  write_file(sound, sound_size);
  CHECK(rename(path, target) == 0 && symlink(target, path) == 0, "symlink: %s", strerror(errno));
  expect(-EPROTO, "symbolic link", 0);
  unlink(path);
  unlink(target);
}

/* The head is good, everything that may change is not: all verbs come back and touch nothing outside. */
static void contents(void) {
  static struct wire_record records[64];
  static struct wire_info infos[128];
  static struct wire_process processes[16];
  uint8_t *bytes = malloc(sound_size);
  u64 verbs = 0;
  for (u32 turn = 0; turn < 60; turn++) {
    memcpy(bytes, sound, sound_size);
    /* A few wild words in a good arena, or nothing but. */
    if (turn % 2)
      for (size_t i = FIXED; i < sound_size; i++) bytes[i] = (uint8_t)rand();
    else
      for (int i = 0; i < 2000; i++) bytes[FIXED + (size_t)rand() % (sound_size - FIXED)] = (uint8_t)rand();
    write_file(bytes, sound_size);
    struct arena *a;
    CHECK(arena_open(directory, &a) == 0, "arena_open");
    for (u32 i = 0; i < 100; i++) {
      pattern_write(a, i);
      struct wire_info info = pattern_info(i + 1, i + 1);
      arena_socket_put(a, &info);
      arena_socket_get(a, i + 1, &info);
      verbs += arena_socket_version(a, i + 1) + journal_read(a, records, 64);
      if (i % 3 == 0) arena_socket_remove(a, i + 1);
      if (i % 10 == 0) verbs += arena_process_add(a, 4200000 + (pid_t)i, 1, 1, 1, "name") + (u32)arena_next_port(a, 1);
      arena_process_exit(a, 4200000 + (pid_t)i);
    }
    verbs += arena_sockets(a, infos, 128) + arena_processes(a, processes, 16) + journal_wait(a, 0);
    verbs += arena_host_find(a, "web") + (u32)arena_host_add(a, 1 + turn, "web") + arena_host_exists(a, 65 + turn);
    arena_close(a);
  }
  free(bytes);
  CHECK(verbs != 42, "so that no verb is left out");
}

static const struct {
  const char *name;
  void (*run)(void);
} cases[] = {{"cut", cut}, {"words", words}, {"random", random_heads}, {"kinds", kinds}, {"contents", contents}};

int main(int count, char **arguments) {
  CHECK(count == 3, "usage: arena_hostile DIR CASE");
  directory = arguments[1];
  snprintf(path, sizeof path, "%s/arena", directory);
  load_sound();
  srand(SEED);
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (strcmp(cases[i].name, arguments[2]) == 0) {
      cases[i].run();
      puts("{}");
      return 0;
    }
  FAIL("no case %s", arguments[2]);
}
