/* SPDX-License-Identifier: MIT
 * The shim inside this process: opened once, shared by all threads and all copies of the addon, never unloaded. */
#ifndef ADDON_SHIM_H
#define ADDON_SHIM_H

#include <napi.h>

#include "../shim/api.h"

namespace shim {

/* The shim's functions. Throws when openShim has not been called. */
const struct api &functions(Napi::Env env);

void add_exports(Napi::Env env, Napi::Object exports);

} // namespace shim

#endif
