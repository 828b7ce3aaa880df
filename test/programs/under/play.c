/* SPDX-License-Identifier: MIT
 * play [alone]: plays programs of socket calls, each a line of standard input: operations "<process> <verb> <number>..." between ';'.
 * Processes 0 to 3 live from the start, 4 and 5 are born by fork. Each operation ends before the next begins, so that a program has one
 * right transcript: a line for each operation, "." after the last. Ports are told by the order in which they appear.
 * alone: in a network namespace of its own, where nobody else takes ports. */
#include <sched.h>
#include <sys/pidfd.h>

#include "play.h"

enum { STARTED = 4, PORTS = 256, FIRST_PORT = 10000, LAST_PORT = 30000 };

static struct {
  int pidfd, parent;
} processes[PROCESSES];
static int ports[PORTS], port_count, base_port;

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

/* Waits until a process has answered (its pid first, when it is new) or ended. */
static void hear(int process, const char *verb) {
  struct pollfd events[] = {{.fd = command_end(process), .events = POLLIN}, {.fd = processes[process].pidfd, .events = POLLIN}};
  char answer[ANSWER];
  int count = poll(events, 2, 2000);
  ssize_t length = events[0].revents & POLLIN ? recv(events[0].fd, answer, sizeof answer - 1, 0) : -1;
  if (length < 0) {
    tell(process, verb, count ? " ended" : " hangs");
    if (count == 0) must(pidfd_send_signal(processes[process].pidfd, SIGKILL, NULL, 0) == 0);
    return;
  }
  answer[length] = 0;
  tell(process, verb, answer);
}

static void start(int process, int parent, int pid) {
  processes[process].parent = parent;
  processes[process].pidfd = pidfd_open(pid, 0);
  must(processes[process].pidfd >= 0);
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
    must(pidfd_send_signal(processes[process].pidfd, SIGKILL, NULL, 0) == 0);
    wait_for(processes[process].pidfd, POLLIN);
    tell(process, verb, "");
    return;
  }
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
    start(born, process, pid);
  }
  hear(process, verb);
}

/* Plays one program in processes that nobody has used. */
static void play(char *program) {
  alarm(60);
  must(setpgid(0, 0) == 0);
  make_channels();
  for (int i = 0; i < PROCESSES; i++) processes[i].pidfd = -1;
  for (int i = 0; i < STARTED; i++) {
    int pid = fork();
    must(pid >= 0);
    if (pid == 0) work(i);
    start(i, -1, pid);
  }
  for (char *rest, *text = strtok_r(program, ";\n", &rest); text; text = strtok_r(NULL, ";\n", &rest)) operate(text);
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
  while (getline(&line, &room, stdin) > 0) {
    fflush(NULL);
    int player = fork();
    must(player >= 0);
    if (player == 0) {
      play(line);
      _exit(0);
    }
    int status = end_of(player);
    kill(-player, SIGKILL);
    if (status != 0) say("the player ended with %d", status);
    say(".");
    /* Ports in TIME_WAIT are left to the programs before. */
    base_port = base_port + NAMED_PORTS < LAST_PORT ? base_port + NAMED_PORTS : FIRST_PORT;
  }
  free(line);
  return 0;
}
