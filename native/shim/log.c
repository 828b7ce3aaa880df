/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "kernel.h"
#include "libc.h"

static char log_file[PATH_MAX];
static int log_verbosity = LOG_ERROR;

static const char *const level_names[] = {"ERROR", "WARN", "DEBUG", "TRACE"};

struct line {
  char text[512];
  size_t length;
};

static void put(struct line *l, const char *s) {
  while (*s && l->length < sizeof l->text - 1) l->text[l->length++] = *s++;
}

static void put_number(struct line *l, unsigned long value, unsigned base) {
  char digits[24];
  size_t at = sizeof digits - 1;
  digits[at] = 0;
  do digits[--at] = "0123456789abcdef"[value % base];
  while (value /= base);
  put(l, digits + at);
}

static void format_line(struct line *l, const char *format, va_list arguments) {
  for (; *format; format++) {
    char one[2] = {*format, 0};
    if (*format != '%') {
      put(l, one);
      continue;
    }
    bool is_long = format[1] == 'l';
    if (is_long) format++;
    switch (*++format) {
      case 's': put(l, va_arg(arguments, const char *)); break;
      case 'd': {
        long value = is_long ? va_arg(arguments, long) : va_arg(arguments, int);
        if (value < 0) put(l, "-");
        put_number(l, value < 0 ? 0 - (unsigned long)value : (unsigned long)value, 10);
        break;
      }
      case 'u': put_number(l, is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 10); break;
      case 'x': put_number(l, is_long ? va_arg(arguments, unsigned long) : va_arg(arguments, unsigned), 16); break;
      case '%': put(l, "%"); break;
      default: return;
    }
  }
}

void log_line(enum log_level level, const char *function, const char *format, ...) {
  if (level > LOG_WARN && (int)level > log_verbosity) return;
  bool to_stderr = (int)level <= log_verbosity && (log_verbosity > LOG_ERROR || !log_file[0]);
  if (!to_stderr && !log_file[0]) return;
  int saved = errno;
  struct line line = {.length = 0};
  put(&line, "socket-wrapper ");
  put(&line, level_names[level]);
  put(&line, "[");
  put_number(&line, (unsigned long)getpid(), 10);
  put(&line, "] ");
  put(&line, function);
  put(&line, ": ");
  va_list arguments;
  va_start(arguments, format);
  format_line(&line, format, arguments);
  va_end(arguments);
  line.text[line.length++] = '\n';
  /* Opened for each line: a descriptor that is kept could become somebody else's file. */
  int fd = log_file[0] ? open(log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600) : -1;
  if (fd >= 0) {
    if (kernel_write(fd, line.text, line.length) < 0) to_stderr = true;
    kernel_close(fd);
  }
  if (to_stderr && kernel_write(STDERR_FILENO, line.text, line.length) < 0) errno = saved;
  errno = saved;
}

void log_init(void) {
  const char *file = getenv("VITEST_SOCKET_WRAPPER_LOG");
  if (file && strlen(file) < sizeof log_file) strcpy(log_file, file);
  const char *level = getenv("SOCKET_WRAPPER_DEBUGLEVEL");
  if (!level) return;
  for (int i = 0; i < 4; i++)
    if (strcasecmp(level, level_names[i]) == 0) log_verbosity = i;
  if (level[0] >= '0' && level[0] <= '9') log_verbosity = atoi(level) > LOG_TRACE ? LOG_TRACE : atoi(level);
}
