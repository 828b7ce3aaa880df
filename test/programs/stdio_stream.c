/* SPDX-License-Identifier: MIT
 * fdopen: stdio over a socket, dprintf, fclose, and freopen over its number. */
#include "transcript.h"

static void run(int family) {
  struct pair p = stream_pair(family);
  FILE *out = fdopen(p.client, "w"), *in = fdopen(p.server, "r");
  must(out && in);
  fprintf(out, "line one\nline %d\n", 2);
  check("fflush", fflush(out));
  char line[64];
  must(fgets(line, sizeof line, in));
  say("got %.8s", line);
  must(fgets(line, sizeof line, in));
  say("got %.6s", line);
  check("dprintf", dprintf(p.client, "three %d\n", 3));
  must(fgets(line, sizeof line, in));
  say("got %.7s", line);
  say_peer("through fileno", fileno(out));
  fprintf(out, "at fclose");
  check("fclose flushes and closes", fclose(out));
  check("rest", (long)fread(line, 1, sizeof line, in));
  say("%.9s, end %d", line, feof(in) != 0);
  check("close behind stdio's back", close(fileno(in)));
  check("then fclose", fclose(in));
  struct name n = {.length = sizeof n.at};
  check("getsockname of the number", getsockname(p.client, sa(&n), &n.length));
  p = stream_pair(family);
  FILE *file = fdopen(p.client, "r+");
  must(file && freopen("/dev/zero", "r", file));
  char byte = 'x';
  check("freopen: the peer reads", recv(p.server, &byte, 1, 0));
  check("zero", fgetc(file));
  check("getsockname", getsockname(fileno(file), sa(&n), &n.length));
  fclose(file);
  close(p.server);
}

int main(void) {
  each_family(run);
  say("end");
}
