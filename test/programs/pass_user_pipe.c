/* SPDX-License-Identifier: MIT
 * The program's own pipes and files, last in a message with and without sockets: they arrive, and not a byte of them is touched.
 * Among them pipes with the first bytes of our own records, and files that would be read if anybody read them. */
#include <sys/mman.h>

#include "passing.h"

static const uint8_t MAGIC[8] = {'v', 's', 'w', ' ', 'e', 'n', 'v', 'l'}, REFERENCE[8] = {0x35, 0xfc, 0x42, 0x7c, 0xf2, 0x13, 0x0e, 0x8e};

/* The head of an envelope for `descriptors` descriptors, but for its checksum. */
static size_t head(uint8_t *out, unsigned version, unsigned head_size, unsigned info_size, unsigned descriptors, unsigned infos,
                   unsigned total) {
  memset(out, 0x5a, 2048);
  memcpy(out, MAGIC, sizeof MAGIC);
  const uint16_t sizes[] = {(uint16_t)version, (uint16_t)head_size, (uint16_t)info_size, (uint16_t)descriptors, (uint16_t)infos, 0};
  memcpy(out + 8, sizes, sizeof sizes);
  memcpy(out + 20, &(uint32_t){total}, 4);
  return total;
}

static void pass_pipe(const char *what, const void *bytes, size_t size, bool with_socket) {
  struct carrier c = carrier_of(SOCK_STREAM);
  int ends[2], base = open_descriptors();
  must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
  must(size == 0 || write(ends[1], bytes, size) == (ssize_t)size);
  int listening = listener(AF_INET), both[] = {listening, ends[0]};
  must(send_descriptors(c.from, with_socket ? both : both + 1, with_socket ? 2 : 1, 0) == 1);
  for (int i = 0; i < 2; i++) {
    struct received r = receive_descriptors(c.to, i ? MSG_CMSG_CLOEXEC : MSG_PEEK);
    say("%s%s: %d descriptors", what, i ? "" : ", peek", r.count);
    int waiting = 0;
    ioctl(r.fds[r.count - 1], FIONREAD, &waiting);
    say("%d bytes wait", waiting);
    if (i && size) {
      static uint8_t got[65536];
      must(read(r.fds[r.count - 1], got, sizeof got) == (ssize_t)size);
      say("untouched %d", memcmp(got, bytes, size) == 0);
    }
    close_received(&r);
  }
  close(ends[0]);
  close(ends[1]);
  close(listening);
  say("%d more descriptors are open", open_descriptors() - base);
  close_carrier(c);
}

static void pass_file(bool with_socket) {
  struct carrier c = carrier_of(SOCK_STREAM);
  int file = memfd_create("user", MFD_CLOEXEC), listening = listener(AF_INET), both[] = {listening, file};
  must(write(file, MAGIC, 8) == 8 && lseek(file, 3, SEEK_SET) == 3);
  must(send_descriptors(c.from, with_socket ? both : both + 1, with_socket ? 2 : 1, 0) == 1);
  struct received r = receive_descriptors(c.to, 0);
  say("a file: %d descriptors, offset %ld", r.count, (long)lseek(r.fds[r.count - 1], 0, SEEK_CUR));
  close_received(&r);
  close(file);
  close(listening);
  close_carrier(c);
}

int main(void) {
  static uint8_t bytes[60000];
  for (int socket = 0; socket < 2; socket++) {
    bool with = socket;
    pass_pipe("an empty pipe", bytes, 0, with);
    pass_pipe("a byte", "x", 1, with);
    pass_pipe("seven bytes of the magic", MAGIC, 7, with);
    pass_pipe("the magic alone", MAGIC, 8, with);
    pass_pipe("another magic", REFERENCE, 8, with);
    pass_pipe("a right head, wrong checksum", bytes, head(bytes, 1, 40, 208, 1, 1, 250), with);
    pass_pipe("no version", bytes, head(bytes, 0, 40, 208, 1, 1, 250), with);
    pass_pipe("a short head", bytes, head(bytes, 1, 39, 208, 1, 1, 249), with);
    pass_pipe("a long head", bytes, head(bytes, 2, 1000, 208, 1, 1, 1210), with);
    pass_pipe("short infos", bytes, head(bytes, 1, 40, 207, 1, 1, 249), with);
    pass_pipe("more infos than descriptors", bytes, head(bytes, 1, 40, 208, 1, 9, 1530), with);
    head(bytes, 1, 40, 208, 65535, 65535, 250);
    pass_pipe("65535 descriptors", bytes, 250, with);
    head(bytes, 1, 40, 208, 1, 1, 0xffffffff);
    pass_pipe("a huge total", bytes, 250, with);
    head(bytes, 1, 40, 208, 1, 1, 250);
    pass_pipe("cut short", bytes, 100, with);
    pass_pipe("too long", bytes, 251, with);
    memset(bytes, 'u', sizeof bytes);
    pass_pipe("60000 bytes", bytes, sizeof bytes, with);
    pass_file(with);
  }
  say("end");
}
