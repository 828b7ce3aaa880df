/* SPDX-License-Identifier: MIT
 * One line per message with one write(2), to VITEST_SOCKET_WRAPPER_LOG or, for SOCKET_WRAPPER_DEBUGLEVEL, to stderr. No stdio, no malloc. */
#ifndef LOG_H
#define LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_DEBUG, LOG_TRACE };

/* Formats %s %d %u %x %lu %% only. Signal-safe: yes. Keeps errno. Errors go to the file, and to stderr when no file is set. */
void log_line(enum log_level level, const char *function, const char *format, ...) __attribute__((format(printf, 3, 4)));
#define LOG(level, ...) log_line(level, __func__, __VA_ARGS__)

/* Reads the two variables. Constructor only. */
void log_init(void);

#endif
