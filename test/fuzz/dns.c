/* SPDX-License-Identifier: MIT
 * sources: dns.c lookup.c name.c address.c
 * Questions to the network's name server, of which the first byte chooses the form: bytes as they are, or with a header that asks for something. */
#include "fuzz.h"

#include "dns.h"
#include "lookup.h"

/* A network of two hosts, in place of the arena's table. */
u32 arena_host_find(const struct arena *a, const char *name) {
  (void)a;
  return strcmp(name, "web") == 0 ? 2 : 0;
}
bool arena_host_name(const struct arena *a, u32 number, char *out, size_t size) {
  (void)a;
  if (number != 2 || size < 4) return false;
  strcpy(out, "web");
  return true;
}

static const uint8_t head[] = {0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static struct network n;
  if (size < 2) return 0;
  n.world = (struct name_world){.ten = true, .host = 1 + data[0] / 4 % HOST_MAX, .dir = "/tmp/network", .network_id = 0x1234};
  strcpy(n.passed_names, "real=192.0.2.9,real=2001:db8::1,dead=,");
  uint8_t *question = copy_of(data + 1, size - 1), *answer = malloc(DNS_MESSAGE_MAX);
  if ((data[0] & 1) && size > sizeof head) {
    memcpy(question, head, sizeof head);
    question[11] = data[0] >> 1 & 1; /* with an additional record, EDNS perhaps */
  }
  bool datagram = data[0] & 2;
  size_t length = dns_answer(&n, question, size - 1, datagram, answer);
  REQUIRE(length <= DNS_MESSAGE_MAX);
  if (length) {
    REQUIRE(length >= sizeof head && memcmp(answer, question, 2) == 0 && (answer[2] & 0x80));
    uint8_t *again = malloc(DNS_MESSAGE_MAX);
    REQUIRE(dns_answer(&n, answer, length, datagram, again) == 0); /* an answer is no question */
    free(again);
  }
  free(question);
  free(answer);
  return 0;
}
