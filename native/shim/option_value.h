/* SPDX-License-Identifier: MIT
 * How values of options go between the program and us: lengths and their errors as do_tcp_getsockopt, do_ip_setsockopt and their likes have
 * them. All return 0 or -errno. */
#ifndef OPTION_VALUE_H
#define OPTION_VALUE_H

#include <stdbool.h>
#include <sys/socket.h>

/* What getsockopt looks at before the number of the option. */
int option_check_length(int level, const socklen_t *length);
/* A value of any size: as much of it as there is room for. */
int option_answer(void *value, socklen_t *length, const void *from, socklen_t size);
int option_answer_int(void *value, socklen_t *length, int number);
/* The same for options of IPPROTO_IP, which fit into one byte where they can. */
int option_answer_small(int level, void *value, socklen_t *length, int number);
int option_read_int(int level, int number, const void *value, socklen_t length, int *out);

#endif
