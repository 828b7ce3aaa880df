/* SPDX-License-Identifier: MIT
 * sources: control.c
 * Control data as a program or the kernel gives it, copied item by item into a buffer of any size. */
#include "fuzz.h"

#include "control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  size_t room = data[0] | (size_t)(data[1] & 3) << 8;
  size -= 2;
  uint8_t *from = copy_of(data + 2, size), *to = malloc(room ? room : 1);
  struct control_writer writer = {.at = to, .room = room};
  struct control_item item;
  size_t offset = 0, before;
  int result;
  while (before = offset, (result = control_next(from, size, &offset, &item)) > 0) {
    REQUIRE(offset > before && item.offset == before && item.data + item.size <= from + size);
    if (control_is_descriptors(&item)) {
      int *numbers = malloc(item.size + 1);
      memcpy(numbers, item.data, item.size);
      REQUIRE(control_put_descriptors(&writer, numbers, item.size / sizeof(int)) <= item.size / sizeof(int));
      free(numbers);
    } else {
      control_put(&writer, item.head.cmsg_level, item.head.cmsg_type, item.data, item.size);
    }
    REQUIRE(writer.at + writer.room == to + room);
  }
  REQUIRE(result == 0 || result == -EINVAL);
  /* What was written is control data again, but for what was cut. */
  size_t written = room - writer.room;
  offset = 0;
  while ((result = control_next(to, written, &offset, &item)) > 0) continue;
  REQUIRE(result == 0);
  free(from);
  free(to);
  return 0;
}
