/* SPDX-License-Identifier: MIT
 * A parent and a child of fork that both have a connection. */
#include "head.h"

static int connection;

static void read_shared(int channel) {
  (void)channel;
  take_input(connection);
}
static void both_read(void) {
  connection = next_client(server_on(80, true));
  int channel = start_worker(read_shared);
  if (is_wrong)
    take_input(connection);
  else
    close(connection);
  hear(channel);
}

static void read_twice(int channel) {
  read_shared(channel);
  tell(channel);
  hear(channel);
  read_shared(channel);
}
/* The child reads; the parent writes, and does not want to wait for it. */
static void flipped(void) {
  connection = next_client(server_on(80, true));
  int channel = start_worker(read_twice);
  hear(channel);
  if (is_wrong) must(fcntl(connection, F_SETFL, O_NONBLOCK) == 0);
  must(send(connection, "hi", 2, is_wrong ? 0 : MSG_DONTWAIT) == 2);
  tell(channel);
  hear(channel);
}

static const struct job jobs[] = {{"both-read", both_read}, {"flipped", flipped}};

int main(int argc, char **argv) {
  must(argc == 3);
  return run_job(jobs, argv);
}
