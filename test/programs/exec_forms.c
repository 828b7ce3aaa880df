/* SPDX-License-Identifier: MIT
 * Every spelling of exec, spawn and fork+exec hands a listener, a connection and a datagram socket to a new program, also from an empty environment. */
#include <linux/sched.h>
#include <spawn.h>
#include <sys/syscall.h>

#include "transcript.h"

extern char **environ;

static int family_of(int fd) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &value, &length) < 0 ? -errno : value;
}

/* The new program: listener 30, connection 31, datagram 32. */
static int inherited(char **ports) {
  name_port(atoi(ports[0]), "server");
  name_port(atoi(ports[1]), "client");
  name_port(atoi(ports[2]), "udp");
  say("  domains %d %d %d", family_of(30), family_of(31), family_of(32));
  say_local("  listener", 30);
  say_local("  connection", 31);
  say_peer("  connection", 31);
  say_local("  datagram", 32);
  int client = connected_to(30), served = accept(30, NULL, NULL);
  say_peer("  a client of its own", client);
  say_peer("  served", served);
  check("  write", write(31, "inherited", 9));
  return 7;
}

enum form {
  EXECV,
  EXECVE,
  EXECVP,
  EXECVPE,
  EXECL,
  EXECLE,
  EXECLP,
  FEXECVE,
  EXECVEAT,
  RAW_EXECVE,
  RAW_EXECVEAT,
  SPAWN,
  SPAWNP,
  SYSTEM,
  POPEN,
  FORMS
};
static const char *const names[] = {"execv",    "execve",     "execvp",       "execvpe",     "execl",        "execle", "execlp", "fexecve",
                                    "execveat", "SYS_execve", "SYS_execveat", "posix_spawn", "posix_spawnp", "system", "popen"};

static char *program;
static char ports[3][8];
static char *arguments[] = {"program", "inherited", ports[0], ports[1], ports[2], NULL};
static char *empty[] = {NULL};

static void put(int server, int connection, int udp) { must(dup2(server, 30) == 30 && dup2(connection, 31) == 31 && dup2(udp, 32) == 32); }

static void replace(enum form form) {
  int fd = open(program, O_RDONLY | O_CLOEXEC);
  char **a = arguments;
  switch (form) {
    case EXECV: execv(program, a); break;
    case EXECVE: execve(program, a, empty); break;
    case EXECVP: execvp(program, a); break;
    case EXECVPE: execvpe(program, a, empty); break;
    case EXECL: execl(program, a[0], a[1], a[2], a[3], a[4], NULL); break;
    case EXECLE: execle(program, a[0], a[1], a[2], a[3], a[4], NULL, empty); break;
    case EXECLP: execlp(program, a[0], a[1], a[2], a[3], a[4], NULL); break;
    case FEXECVE: fexecve(fd, a, empty); break;
    case EXECVEAT: execveat(fd, "", a, empty, AT_EMPTY_PATH); break;
    case RAW_EXECVE: syscall(SYS_execve, program, a, empty); break;
    case RAW_EXECVEAT: syscall(SYS_execveat, fd, "", a, empty, AT_EMPTY_PATH); break;
    default: break;
  }
  _exit(99);
}

static int spawned(enum form form) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addclosefrom_np(&actions, 33);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t child;
  int result = (form == SPAWN ? posix_spawn : posix_spawnp)(&child, program, &actions, NULL, arguments, empty);
  posix_spawn_file_actions_destroy(&actions);
  must(result == 0);
  return end_of(child);
}

static int by_shell(enum form form) {
  char command[512];
  snprintf(command, sizeof command, "exec %s inherited %s %s %s", program, ports[0], ports[1], ports[2]);
  if (form == SYSTEM) return WEXITSTATUS(system(command));
  char line[256];
  FILE *lines = popen(command, "r");
  must(lines);
  while (fgets(line, sizeof line, lines)) say("%.*s", (int)strcspn(line, "\n"), line);
  return WEXITSTATUS(pclose(lines));
}

static void run(int family) {
  for (enum form form = 0; form < FORMS; form++) {
    int server = listener(family), connection = connected_to(server), accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
    int udp = bound(family, SOCK_DGRAM, "udp");
    struct name at_server = local_of(server), at_client = local_of(connection), at_udp = local_of(udp);
    snprintf(ports[0], 8, "%d", name_port_of(&at_server));
    snprintf(ports[1], 8, "%d", name_port_of(&at_client));
    snprintf(ports[2], 8, "%d", name_port_of(&at_udp));
    say("%s", names[form]);
    int end;
    if (form < SPAWN) {
      pid_t child = fork();
      if (child == 0) {
        put(server, connection, udp);
        if (form == EXECV || form == EXECL) environ = NULL;
        if (form == EXECVP || form == EXECLP) clearenv();
        replace(form);
      }
      end = end_of(child);
    } else {
      put(server, connection, udp);
      char **before = environ;
      environ = form == SYSTEM ? NULL : form == POPEN ? empty : before;
      end = form < SYSTEM ? spawned(form) : by_shell(form);
      environ = before;
      must(close(30) == 0 && close(31) == 0 && close(32) == 0);
    }
    say("  ended with %d", end);
    char bytes[16] = "";
    check("  the other end", recv(accepted, bytes, sizeof bytes, 0));
    check("  the listener still works", close(connected_to(server)));
    close(server), close(connection), close(accepted), close(udp);
  }
}

int main(int count, char **given) {
  if (count == 5 && strcmp(given[1], "inherited") == 0) return inherited(given + 2);
  program = given[0];
  say("an exec that fails: %d", execl("/nonexistent/program", "x", NULL));
  each_family(run);
  say("end");
}
