/* SPDX-License-Identifier: MIT */
#include "image.h"

#include <elf.h>

#include <cstring>

namespace relocation {

#if defined(__x86_64__)
constexpr uint32_t JUMP_SLOT = R_X86_64_JUMP_SLOT, GLOB_DAT = R_X86_64_GLOB_DAT, POINTER = R_X86_64_64;
#elif defined(__aarch64__)
constexpr uint32_t JUMP_SLOT = R_AARCH64_JUMP_SLOT, GLOB_DAT = R_AARCH64_GLOB_DAT, POINTER = R_AARCH64_ABS64;
#else
#error "relocation slots are known for x86-64 and aarch64"
#endif

/* A run of relocations: REL and RELA differ in the addend at the end. */
struct Run {
  uintptr_t start = 0;
  size_t size = 0;
  size_t stride = 0;
};

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

static bool starts_with(const char *text, std::initializer_list<const char *> heads) {
  for (const char *head : heads)
    if (strncmp(text, head, strlen(head)) == 0) return true;
  return false;
}

/* Where the replaced functions come from; old C libraries are several files. */
static bool is_libc(const char *path) {
  return starts_with(base_name(path), {"libc.so", "libc-", "libc.musl", "libpthread", "libdl.so", "libdl-", "ld-linux", "ld-musl", "ld-2",
                                       "ld.so", "ld64.so"});
}
bool is_left_alone(const char *path) { return is_libc(path) || starts_with(base_name(path), {"linux-vdso", "linux-gate"}); }

/* glibc relocates the pointers of the dynamic section in place, musl does not. */
static uintptr_t absolute(const Image &image, uintptr_t value) { return value < image.base ? image.base + value : value; }

/* Names such as `bind` and `send` exist in other libraries too: a symbol that is versioned by one of those is not libc's. */
static void read_versions(Image &image, uintptr_t needs, size_t count) {
  const char *at = reinterpret_cast<const char *>(needs);
  for (size_t i = 0; i < count; i++) {
    const auto *need = reinterpret_cast<const ElfW(Verneed) *>(at);
    bool foreign = !is_libc(image.strings + need->vn_file);
    const char *aux_at = at + need->vn_aux;
    for (size_t j = 0; j < need->vn_cnt; j++) {
      const auto *aux = reinterpret_cast<const ElfW(Vernaux) *>(aux_at);
      size_t number = aux->vna_other & 0x7fffu;
      if (image.foreign_versions.size() <= number) image.foreign_versions.resize(number + 1);
      image.foreign_versions[number] = foreign;
      aux_at += aux->vna_next;
    }
    at += need->vn_next;
  }
}

static std::vector<Run> read_image(const dl_phdr_info &info, Image &image) {
  image.base = info.dlpi_addr;
  image.headers = info.dlpi_phdr;
  image.header_count = info.dlpi_phnum;
  const ElfW(Dyn) *entry = nullptr;
  for (size_t i = 0; i < image.header_count; i++)
    if (image.headers[i].p_type == PT_DYNAMIC) entry = reinterpret_cast<const ElfW(Dyn) *>(image.base + image.headers[i].p_vaddr);
  if (!entry) return {};

  Run rel{0, 0, sizeof(ElfW(Rel))}, rela{0, 0, sizeof(ElfW(Rela))}, jumps{0, 0, sizeof(ElfW(Rela))};
  uintptr_t needs = 0;
  size_t need_count = 0, relative = 0;
  for (; entry->d_tag != DT_NULL; entry++) {
    uintptr_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
      case DT_STRTAB: image.strings = reinterpret_cast<const char *>(absolute(image, value)); break;
      case DT_STRSZ: image.strings_size = value; break;
      case DT_SYMTAB: image.symbols = reinterpret_cast<const ElfW(Sym) *>(absolute(image, value)); break;
      case DT_VERSYM: image.versions = reinterpret_cast<const ElfW(Half) *>(absolute(image, value)); break;
      case DT_VERNEED: needs = absolute(image, value); break;
      case DT_VERNEEDNUM: need_count = value; break;
      case DT_REL: rel.start = absolute(image, value); break;
      case DT_RELSZ: rel.size = value; break;
      case DT_RELA: rela.start = absolute(image, value); break;
      case DT_RELASZ: rela.size = value; break;
      case DT_RELACOUNT: relative = value; break;
      case DT_JMPREL: jumps.start = absolute(image, value); break;
      case DT_PLTRELSZ: jumps.size = value; break;
      case DT_PLTREL: jumps.stride = value == DT_REL ? sizeof(ElfW(Rel)) : sizeof(ElfW(Rela)); break;
      default: break;
    }
  }
  if (!image.strings || !image.symbols) return {};
  if (needs) read_versions(image, needs, need_count);
  /* The relative ones come first and name no symbol: a large program has a hundred thousand of them. */
  size_t skipped = relative * rela.stride;
  if (rela.start && skipped <= rela.size) rela = {rela.start + skipped, rela.size - skipped, rela.stride};
  return {rel, rela, jumps};
}

/* The name of an undefined libc symbol, or empty. A defined one is the object's own function, whatever its name. */
static std::string_view libc_name(const Image &image, size_t number) {
  const ElfW(Sym) &symbol = image.symbols[number];
  if (number == 0 || symbol.st_shndx != SHN_UNDEF || symbol.st_name >= image.strings_size) return {};
  if (image.versions) {
    size_t version = image.versions[number] & 0x7fffu;
    if (version < image.foreign_versions.size() && image.foreign_versions[version]) return {};
  }
  return image.strings + symbol.st_name;
}

void each_slot(const dl_phdr_info &info, Image &image, const std::function<void(std::string_view, void **)> &visit) {
  for (const Run &run : read_image(info, image)) {
    for (uintptr_t at = run.start; run.start && at + run.stride <= run.start + run.size; at += run.stride) {
      const auto *entry = reinterpret_cast<const ElfW(Rela) *>(at);
      uint32_t type = static_cast<uint32_t>(ELF64_R_TYPE(entry->r_info));
      if (type != JUMP_SLOT && type != GLOB_DAT && type != POINTER) continue;
      if (type == POINTER && run.stride == sizeof(ElfW(Rela)) && entry->r_addend != 0) continue;
      std::string_view name = libc_name(image, ELF64_R_SYM(entry->r_info));
      if (!name.empty()) visit(name, reinterpret_cast<void **>(image.base + entry->r_offset));
    }
  }
}

} // namespace relocation
