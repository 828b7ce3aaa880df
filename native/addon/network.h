/* SPDX-License-Identifier: MIT
 * Networks of this process, and the infos of its descriptors. */
#ifndef ADDON_NETWORK_H
#define ADDON_NETWORK_H

#include <napi.h>

namespace network {
void add_exports(Napi::Env env, Napi::Object exports);
}

#endif
