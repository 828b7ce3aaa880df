/* SPDX-License-Identifier: MIT
 * sources: arena.c hosts.c process_table.c registry.c journal.c life.c
 * An arena that somebody has scribbled in. The input is a list of scribbles: three bytes of place, one of what, four bytes. */
#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "journal.h"

enum { RECORDS = 16, SOCKETS = 16, PROCESSES = 4 };
static char directory[] = "/tmp/sw-fuzz-XXXXXX", path[64];
static uint8_t *sound;
static size_t sound_size;

static void remove_all(void) {
  unlink(path);
  rmdir(directory);
}

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  struct stat info;
  REQUIRE(mkdtemp(directory));
  atexit(remove_all);
  snprintf(path, sizeof path, "%s/arena", directory);
  REQUIRE(arena_create(directory, &(struct arena_shape){RECORDS, SOCKETS, PROCESSES, ARENA_ABSTRACT_CLIENTS}) == 0);
  struct arena *a;
  REQUIRE(arena_open(directory, &a) == 0);
  for (u32 i = 1; i < 12; i++) {
    struct wire_info info_of = {.cookie = i, .version = i, .family = 2, .type = 1, .host = 1};
    arena_socket_put(a, &info_of);
    journal_write(a, &(struct event){.op = OP_born, .fd = (int)i, .info = &info_of, .text = "text"});
  }
  arena_host_add(a, 1, "test");
  arena_host_add(a, 2, "web");
  arena_process_add(a, getpid(), 1, 1, PROCESS_UNDER_SHIM, "fuzz");
  arena_close(a);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0 && fstat(fd, &info) == 0);
  sound_size = (size_t)info.st_size;
  sound = malloc(sound_size);
  REQUIRE(read(fd, sound, sound_size) == (ssize_t)sound_size);
  close(fd);
  return 0;
}

static void use(struct arena *a) {
  static struct wire_record records[RECORDS];
  static struct wire_info infos[SOCKETS];
  static struct wire_process processes[PROCESSES];
  struct wire_info info = {.cookie = 77, .version = 1, .family = 2, .type = 1, .host = 1};
  REQUIRE(journal_read(a, records, RECORDS) <= RECORDS);
  for (int i = 0; i < 4; i++) journal_write(a, &(struct event){.op = OP_bind, .info = &info, .text = "more"});
  REQUIRE(journal_read(a, records, RECORDS) <= RECORDS);
  journal_wait(a, 0);
  REQUIRE(arena_sockets(a, infos, SOCKETS) <= SOCKETS);
  arena_socket_put(a, &info);
  for (u64 cookie = 0; cookie < 14; cookie++) arena_socket_get(a, cookie, &info);
  arena_socket_remove(a, 3);
  REQUIRE(arena_processes(a, processes, PROCESSES) <= PROCESSES);
  arena_process_known(a, 4242);
  arena_process_add(a, 4200001, 1, 2, 1, "name");
  arena_process_exit(a, 4200001);
  REQUIRE(arena_host_find(a, "web") <= 64);
  arena_host_add(a, 3, "db");
  arena_host_exists(a, 64);
  arena_next_port(a, 1);
  arena_next_message(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  int fd = open(path, O_RDWR | O_CLOEXEC);
  REQUIRE(fd >= 0 && pwrite(fd, sound, sound_size, 0) == (ssize_t)sound_size);
  for (; size >= 8; data += 8, size -= 8) {
    size_t at = (size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16;
    REQUIRE(pwrite(fd, data + 4, 4, (off_t)(at % (sound_size - 4))) == 4);
  }
  close(fd);
  struct arena *a;
  int result = arena_open(directory, &a);
  REQUIRE(result == 0 || result == -EPROTO);
  if (result == 0) {
    use(a);
    arena_close(a);
  }
  return 0;
}
