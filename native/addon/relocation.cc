/* SPDX-License-Identifier: MIT */
#include "relocation.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "image.h"

namespace relocation {

/* Pages that had to be made writable; the destructor gives them their protection back. */
class Unlocked {
public:
  explicit Unlocked(const Image &image) : image_(image), page_(static_cast<uintptr_t>(sysconf(_SC_PAGESIZE))) {}
  Unlocked(const Unlocked &) = delete;
  ~Unlocked() {
    for (const Range &range : ranges_) mprotect(reinterpret_cast<void *>(range.start), range.size, range.protection);
  }

  int unlock(void *slot) {
    uintptr_t at = reinterpret_cast<uintptr_t>(slot);
    for (const Range &range : ranges_)
      if (at >= range.start && at < range.start + range.size) return 0;
    Range range = locked_range(at);
    if (range.size == 0) return 0;
    if (mprotect(reinterpret_cast<void *>(range.start), range.size, range.protection | PROT_READ | PROT_WRITE) != 0) return -errno;
    ranges_.push_back(range);
    return 0;
  }

private:
  struct Range {
    uintptr_t start = 0;
    size_t size = 0;
    int protection = 0;
  };

  uintptr_t page_of(uintptr_t at) const { return at & ~(page_ - 1); }

  /* The read-only range around a slot: the RELRO segment, rounded as the dynamic linker rounds it, or one page of a read-only segment. */
  Range locked_range(uintptr_t at) const {
    for (size_t i = 0; i < image_.header_count; i++) {
      const ElfW(Phdr) &header = image_.headers[i];
      uintptr_t start = page_of(image_.base + header.p_vaddr), end = page_of(image_.base + header.p_vaddr + header.p_memsz);
      if (header.p_type == PT_GNU_RELRO && at >= start && at < end) return {start, end - start, PROT_READ};
    }
    for (size_t i = 0; i < image_.header_count; i++) {
      const ElfW(Phdr) &header = image_.headers[i];
      uintptr_t start = image_.base + header.p_vaddr;
      if (header.p_type != PT_LOAD || at < start || at >= start + header.p_memsz || (header.p_flags & PF_W)) continue;
      return {page_of(at), page_, PROT_READ | (header.p_flags & PF_X ? PROT_EXEC : 0)};
    }
    return {};
  }

  const Image &image_;
  uintptr_t page_;
  std::vector<Range> ranges_;
};

static bool holds(const dl_phdr_info &info, const void *address) {
  uintptr_t at = reinterpret_cast<uintptr_t>(address);
  for (size_t i = 0; i < info.dlpi_phnum; i++) {
    uintptr_t start = info.dlpi_addr + info.dlpi_phdr[i].p_vaddr;
    if (info.dlpi_phdr[i].p_type == PT_LOAD && at >= start && at < start + info.dlpi_phdr[i].p_memsz) return true;
  }
  return false;
}

static int replace_in(const dl_phdr_info &info, const Replacements &replacements, Entered *entered) {
  Image image;
  Unlocked unlocked(image);
  int result = 0;
  each_slot(info, image, [&](std::string_view name, void **slot) {
    auto found = replacements.find(name);
    if (found == replacements.end()) return;
    if (__atomic_load_n(slot, __ATOMIC_RELAXED) != found->second) {
      int error = unlocked.unlock(slot);
      if (error < 0) {
        result = error;
        return;
      }
      __atomic_store_n(slot, found->second, __ATOMIC_RELEASE);
    }
    if (entered) entered->calls.emplace(name);
  });
  return result;
}

template <typename Visit> static void each_object(Visit visit) {
  auto step = [](dl_phdr_info *info, size_t, void *context) { return (*static_cast<Visit *>(context))(*info) ? 0 : 1; };
  dl_iterate_phdr(step, &visit);
}

int replace(const Replacements &replacements, const void *shim_address, unsigned long long &adds, std::vector<Entered> *entered) {
  int result = 0;
  unsigned long long known = adds;
  each_object([&](const dl_phdr_info &info) {
    if (!entered && info.dlpi_adds == known) return false;
    adds = info.dlpi_adds;
    const char *path = info.dlpi_name ? info.dlpi_name : "";
    if (!is_left_alone(path) && !holds(info, shim_address)) {
      Entered found{path, {}};
      int error = replace_in(info, replacements, &found);
      if (error < 0) result = error;
      if (entered && !found.calls.empty()) entered->push_back(std::move(found));
    }
    return true;
  });
  return result;
}

std::vector<std::string> loaded_objects() {
  std::vector<std::string> result;
  each_object([&](const dl_phdr_info &info) {
    result.emplace_back(info.dlpi_name ? info.dlpi_name : "");
    return true;
  });
  return result;
}

} // namespace relocation
