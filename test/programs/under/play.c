/* SPDX-License-Identifier: MIT
 * play [alone]: plays programs of socket calls, each a line of standard input: operations "<process> <verb> <number>..." between ';'.
 * Processes 0 to 3 live from the start, 4 and 5 are born by fork. Each operation ends before the next begins, so that a program has one
 * right transcript: a line for each operation, "." after the last. Ports are told by the order in which they appear.
 * A program may get processes that have played others before, all of whose sockets are closed; not one whose line begins with '!'.
 * alone: in a network namespace of its own, where nobody else takes ports. */
#include <net/if.h>
#include <sched.h>
#include <sys/pidfd.h>

#include "play_work.h"

enum { STARTED = 4, PORTS = 256, FIRST_PORT = 10000, LAST_PORT = 30000, USES = 50 /* programs that a process plays */ };

static struct {
  int pidfd;
  bool is_changed; /* born by fork, or another program by exec */
} processes[PROCESSES];
static int ports[PORTS], port_count, base_port;

static int next_base(int base) { return base + NAMED_PORTS < LAST_PORT ? base + NAMED_PORTS : FIRST_PORT; }

/* A port by its number in the transcript; the first ones are those that programs name themselves. */
static int port_at(int reference) {
  if (reference <= 0) return 0;
  return reference <= NAMED_PORTS ? base_port + reference : port_count ? ports[(reference - NAMED_PORTS - 1) % port_count] : base_port;
}
static int port_number(int port) {
  if (port > base_port && port <= base_port + NAMED_PORTS) return port - base_port;
  for (int i = 0; i < port_count; i++)
    if (ports[i] == port) return NAMED_PORTS + 1 + i;
  if (port_count == PORTS) return -1;
  ports[port_count++] = port;
  return NAMED_PORTS + port_count;
}

/* Prints a worker's answer; "<port>" becomes "P<number>". */
static void tell(int process, const char *verb, const char *answer) {
  char line[ANSWER * 2];
  int length = snprintf(line, sizeof line, "%d %s:", process, verb);
  for (const char *at = answer; *at && length < (int)sizeof line - 16;) {
    int port, used = 0;
    if (sscanf(at, "<%d>%n", &port, &used) == 1 && used > 0) {
      length += snprintf(line + length, sizeof line - (size_t)length, port ? "P%d" : "0", port ? port_number(port) : 0);
      at += used;
    } else {
      line[length++] = *at++;
    }
  }
  line[length] = 0;
  say("%s", line);
}

static bool is_alive(int process) {
  struct pollfd ended = {.fd = processes[process].pidfd, .events = POLLIN};
  return processes[process].pidfd >= 0 && poll(&ended, 1, 0) == 0;
}

static void start(int process, int pid) {
  processes[process].pidfd = pidfd_open(pid, 0);
  processes[process].is_changed = process >= STARTED;
  must(processes[process].pidfd >= 0);
}

static void end(int process) {
  must(pidfd_send_signal(processes[process].pidfd, SIGKILL, NULL, 0) == 0);
  wait_for(processes[process].pidfd, POLLIN);
}

/* Waits until a process has answered (its pid first, when it is new) or ended. */
static void hear(int process, const char *verb) {
  struct pollfd events[] = {{.fd = command_end(process), .events = POLLIN}, {.fd = processes[process].pidfd, .events = POLLIN}};
  char answer[ANSWER];
  int count = poll(events, 2, 20000);
  ssize_t length = events[0].revents & POLLIN ? recv(events[0].fd, answer, sizeof answer - 1, 0) : -1;
  if (length < 0) {
    tell(process, verb, count ? " ended" : " hangs");
    if (count == 0) end(process);
    return;
  }
  answer[length] = 0;
  tell(process, verb, answer);
}

static void operate(char *text) {
  char verb[16];
  int process, n[4] = {0};
  if (sscanf(text, "%d %15s %d %d %d %d", &process, verb, &n[0], &n[1], &n[2], &n[3]) < 2) return;
  must(process >= 0 && process < PROCESSES);
  if (!is_alive(process)) {
    tell(process, verb, " nobody");
    return;
  }
  if (strcmp(verb, "kill") == 0) {
    end(process);
    tell(process, verb, "");
    return;
  }
  processes[process].is_changed |= strcmp(verb, "exec") == 0;
  int born = -1;
  if (strcmp(verb, "fork") == 0) {
    born = STARTED;
    while (born < PROCESSES && processes[born].pidfd >= 0) born++;
    if (born == PROCESSES) {
      tell(process, verb, " too many");
      return;
    }
    n[0] = born;
  }
  /* The place of a port in the arguments is the verb's. */
  int at = port_argument(verb);
  if (at >= 0) n[at] = port_at(n[at]);
  char command[96];
  int length = snprintf(command, sizeof command, "%s %d %d %d %d", verb, n[0], n[1], n[2], n[3]);
  must(send(command_end(process), command, (size_t)length, MSG_NOSIGNAL) == length);
  if (born >= 0) {
    int pid;
    must(recv(command_end(born), &pid, sizeof pid, 0) == sizeof pid);
    start(born, pid);
  }
  hear(process, verb);
}

static void empty_carriers(void) {
  for (int i = 0; i < PROCESSES; i++) {
    char left[ANSWER];
    while (recv(command_end(i), left, sizeof left, MSG_DONTWAIT) >= 0) continue;
    while (recv(worker_end(i), left, sizeof left, MSG_DONTWAIT) >= 0) continue;
    for (int j = 0; j < PROCESSES; j++) {
      struct received r = {.bytes = 0};
      while (i != j && (r = receive_descriptors(carrier_end(i, j), MSG_DONTWAIT)).bytes > 0) close_received(&r);
    }
  }
}

/* Processes without sockets: those of the program before, as far as they are what they were. */
static void make_processes(void) {
  for (int i = 0; i < PROCESSES; i++) {
    bool lives = is_alive(i);
    if (lives && processes[i].is_changed) end(i), lives = false;
    if (lives) must(send(command_end(i), "reset 0 0 0 0", 13, MSG_NOSIGNAL) == 13 && recv(command_end(i), &(char){0}, 1, 0) == 0);
    if (lives || processes[i].pidfd < 0) continue;
    must(close(processes[i].pidfd) == 0);
    processes[i].pidfd = -1;
  }
  empty_carriers();
  for (int i = 0; i < STARTED; i++) {
    if (processes[i].pidfd >= 0) continue;
    int pid = fork();
    must(pid >= 0);
    if (pid == 0) work(i);
    start(i, pid);
  }
}

/* Plays the programs that come over the channel, in processes of its own. */
_Noreturn static void play(int channel) {
  must(setpgid(0, 0) == 0);
  signal(SIGCHLD, SIG_IGN);
  make_channels();
  for (int i = 0; i < PROCESSES; i++) processes[i].pidfd = -1;
  static char program[1 << 16];
  for (ssize_t length; (length = recv(channel, program, sizeof program - 1, 0)) > 0;) {
    program[length] = 0;
    alarm(60);
    port_count = 0;
    make_processes();
    for (char *rest, *text = strtok_r(program, "!;\n", &rest); text; text = strtok_r(NULL, "!;\n", &rest)) operate(text);
    must(send(channel, ".", 1, 0) == 1);
    /* Ports in TIME_WAIT are left to the programs before. */
    base_port = next_base(base_port);
  }
  _exit(0);
}

static struct {
  int pid, channel, uses;
} player;

static void start_player(void) {
  int ends[2];
  fflush(NULL);
  must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  player.pid = fork();
  must(player.pid >= 0);
  if (player.pid == 0) {
    close(ends[0]);
    play(ends[1]);
  }
  close(ends[1]);
  player.channel = ends[0];
  player.uses = 0;
}

static int end_player(void) {
  close(player.channel);
  int status = end_of(player.pid);
  kill(-player.pid, SIGKILL);
  player.pid = 0;
  return status;
}

int main(int count, char **arguments) {
  if (count > 3 && strcmp(arguments[1], "worker") == 0) return work_on(arguments + 2);
  alarm(0);
  bool alone = count > 1 && strcmp(arguments[1], "alone") == 0;
  if (alone && unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) {
    say("no namespace: %s", strerrorname_np(errno));
    return 77;
  }
  if (alone) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq loopback_up = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    must(ioctl(fd, SIOCSIFFLAGS, &loopback_up) == 0 && close(fd) == 0);
  }
  char *line = NULL;
  size_t room = 0;
  base_port = FIRST_PORT;
  for (ssize_t length; (length = getline(&line, &room, stdin)) > 0;) {
    if (player.pid && (*line == '!' || player.uses++ == USES)) end_player();
    if (!player.pid) start_player();
    must(send(player.channel, line, (size_t)length, MSG_NOSIGNAL) == length);
    if (recv(player.channel, &(char){0}, 1, 0) != 1) say("the player ended with %d", end_player());
    say(".");
    base_port = next_base(base_port);
  }
  if (player.pid) end_player();
  free(line);
  return 0;
}
