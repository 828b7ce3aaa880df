/* SPDX-License-Identifier: MIT
 * What was killed leaves its file and stays counted, so that all look for files. Whoever reaps a child of the network looks for the files of the dead,
 * and so does who looks in vain again and again; the next one who sends there removes its file as well. */
#ifndef SPILL_SWEEP_H
#define SPILL_SWEEP_H

#include "network.h"

/* True when no socket has that name. */
bool spill_is_orphan(const struct sockaddr_un *to);
/* A process has ended: what waited for sockets that are gone is removed. One load while nothing has spilled. Signal-safe: yes. */
void spill_reap(const struct network *n);
/* Somebody looked for a file where none is. */
void spill_vain(const struct network *n);

#endif
