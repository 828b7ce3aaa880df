/* SPDX-License-Identifier: MIT
 * A loaded object as the dynamic linker shows it, and the slots in it that may hold a libc function. */
#ifndef ADDON_IMAGE_H
#define ADDON_IMAGE_H

#include <link.h>

#include <functional>
#include <string_view>
#include <vector>

namespace relocation {

/* The tables of one object that its relocations need. */
struct Image {
  uintptr_t base = 0;
  const ElfW(Phdr) *headers = nullptr;
  size_t header_count = 0;
  const char *strings = nullptr;
  size_t strings_size = 0;
  const ElfW(Sym) *symbols = nullptr;
  const ElfW(Half) *versions = nullptr;
  std::vector<bool> foreign_versions; /* version numbers that name a library other than libc's */
};

/* True for what must not be entered: libc in all its files, the dynamic linker, the vdso. */
bool is_left_alone(const char *path);

/* Fills `image` and calls visit(name, slot) for each slot of an undefined libc symbol. */
void each_slot(const dl_phdr_info &info, Image &image, const std::function<void(std::string_view, void **)> &visit);

} // namespace relocation

#endif
