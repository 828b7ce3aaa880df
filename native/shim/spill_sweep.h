/* SPDX-License-Identifier: MIT
 * What was killed leaves its file and stays counted, so that all look for files. The next one who sends there removes it; and who looks in vain
 * again and again looks for the files of all the dead. */
#ifndef SPILL_SWEEP_H
#define SPILL_SWEEP_H

#include "network.h"

/* True when no socket has that name. */
bool spill_is_orphan(const struct sockaddr_un *to);
/* Somebody looked for a file where none is. */
void spill_vain(const struct network *n);

#endif
