/* SPDX-License-Identifier: MIT
 * The way of the shim into a running process: all objects now, and each object that is loaded later. */
#ifndef ADDON_ENTRY_H
#define ADDON_ENTRY_H

#include <vector>

#include "../shim/api.h"
#include "relocation.h"

namespace entry {

/* Idempotent; any thread. `replacements` is ended by a NULL name and lives for ever. Returns 0 or -errno. */
int install(const struct api_replacement *replacements, std::vector<relocation::Entered> *entered);

} // namespace entry

#endif
