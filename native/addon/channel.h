/* SPDX-License-Identifier: MIT
 * Messages with descriptors over unix sockets, so that a test can be one end of a pass. */
#ifndef ADDON_CHANNEL_H
#define ADDON_CHANNEL_H

#include <napi.h>

namespace channel {
void add_exports(Napi::Env env, Napi::Object exports);
}

#endif
