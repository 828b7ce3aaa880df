/* SPDX-License-Identifier: MIT
 * Relocation slots: the words through which a loaded object calls or points to functions of another one. */
#ifndef ADDON_RELOCATION_H
#define ADDON_RELOCATION_H

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace relocation {

/* libc name -> the function that its slots shall hold. */
using Replacements = std::unordered_map<std::string_view, void *>;

/* A loaded object and the names of its slots that were found. */
struct Entered {
  std::string path; /* empty: the main program */
  std::set<std::string> calls;
};

/* Writes the replacements into the slots of every loaded object but libc, the dynamic linker, the vdso and the object that holds
 * `shim_address`. Slots that hold them already are left alone. Returns 0 or -errno of mprotect; `entered` may be null.
 * `adds`: number of objects ever loaded at the last call; nothing is done when it did not grow. Lock: the caller's. */
int replace(const Replacements &replacements, const void *shim_address, unsigned long long &adds, std::vector<Entered> *entered);

/* The paths of all loaded objects. */
std::vector<std::string> loaded_objects();

} // namespace relocation

#endif
