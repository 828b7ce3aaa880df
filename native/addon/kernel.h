/* SPDX-License-Identifier: MIT
 * What only the kernel knows of a descriptor. */
#ifndef ADDON_KERNEL_H
#define ADDON_KERNEL_H

#include <napi.h>

namespace kernel {
void add_exports(Napi::Env env, Napi::Object exports);
}

#endif
