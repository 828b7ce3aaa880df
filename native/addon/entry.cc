/* SPDX-License-Identifier: MIT */
#include "entry.h"

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace entry {

using Open = void *(const char *, int);

/* One per process and never destroyed: dlopen may be called by another thread while the process ends. */
struct Installed {
  std::mutex lock;
  relocation::Replacements replacements; /* complete before `open` can be reached, read-only afterwards */
  const void *shim_address = nullptr;
  unsigned long long adds = 0;
  Open *open = nullptr;
};
static Installed &installed() {
  static Installed *one = new Installed;
  return *one;
}

static void enter_new_objects() {
  Installed &state = installed();
  int error;
  {
    std::lock_guard<std::mutex> guard(state.lock);
    error = relocation::replace(state.replacements, state.shim_address, state.adds, nullptr);
  }
  if (error < 0) fprintf(stderr, "socket-wrapper: a library loaded just now is not in the network: mprotect: %s\n", strerror(-error));
}

/* The directories in which the dynamic linker looks for what the object at `address` opens by a bare name. */
static std::vector<std::string> search_paths(const void *address) {
  Dl_info where;
  void *object = nullptr;
  Dl_serinfo size;
  if (!dladdr1(address, &where, &object, RTLD_DL_LINKMAP) || !object || dlinfo(object, RTLD_DI_SERINFOSIZE, &size) != 0) return {};
  std::vector<uint64_t> memory(size.dls_size / sizeof(uint64_t) + 1);
  auto *paths = reinterpret_cast<Dl_serinfo *>(memory.data());
  if (dlinfo(object, RTLD_DI_SERINFOSIZE, paths) != 0 || dlinfo(object, RTLD_DI_SERINFO, paths) != 0) return {};
  std::vector<std::string> result;
  for (unsigned int i = 0; i < paths->dls_cnt; i++) result.emplace_back(paths->dls_serpath[i].dls_name);
  return result;
}

/* dlopen looks for a bare name along the RUNPATH of its caller, which now would be this addon: look where the one who called would. */
static void *open_for(const void *caller, const char *name, int flags) {
  Open *open = installed().open;
  if (void *loaded = open(name, flags | RTLD_NOLOAD)) return loaded;
  std::vector<std::string> here = search_paths(reinterpret_cast<const void *>(open_for)), there = search_paths(caller);
  /* What both have, at the end, are the system's directories: they come after the cache, which open knows. */
  auto is_here = [&](const std::string &path) { return std::find(here.begin(), here.end(), path) != here.end(); };
  while (!there.empty() && is_here(there.back())) there.pop_back();
  for (const std::string &directory : there) {
    std::string path = directory + '/' + name;
    if (access(path.c_str(), R_OK) != 0) continue;
    if (void *found = open(path.c_str(), flags)) return found;
  }
  return open(name, flags);
}

/* Stands in for dlopen. */
__attribute__((noinline)) static void *open_and_enter(const char *name, int flags) {
  const void *caller = __builtin_return_address(0);
  bool bare = name && *name && !strchr(name, '/');
  void *handle = bare ? open_for(caller, name, flags) : installed().open(name, flags);
  int error = errno;
  if (handle && name) enter_new_objects();
  errno = error;
  return handle;
}

int install(const struct api_replacement *replacements, std::vector<relocation::Entered> *entered) {
  Installed &state = installed();
  std::lock_guard<std::mutex> guard(state.lock);
  if (!state.open) {
    state.shim_address = replacements->function;
    for (const struct api_replacement *row = replacements; row->name; row++) state.replacements.emplace(row->name, row->function);
    state.open = reinterpret_cast<Open *>(dlsym(RTLD_DEFAULT, "dlopen"));
    if (!state.open) return -ENOSYS;
    state.replacements.emplace("dlopen", reinterpret_cast<void *>(open_and_enter));
  }
  return relocation::replace(state.replacements, state.shim_address, state.adds, entered);
}

} // namespace entry
