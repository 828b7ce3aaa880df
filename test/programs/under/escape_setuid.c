/* SPDX-License-Identifier: MIT
 * An ordinary program that listens. With the setuid bit of another user its loader ignores the preload library. */
#include "../transcript.h"

int main(void) {
  int fd = listener(AF_INET);
  must(fd >= 0);
  say("ready");
  pause();
}
