/* SPDX-License-Identifier: MIT */
#include "shim.h"

#include <dlfcn.h>

#include <mutex>
#include <string>

#include "arguments.h"
#include "entry.h"
#include "fault.h"
#include "relocation.h"

namespace shim {

using Function = const struct api *();
constexpr const char *SYMBOL = "vitest_socket_wrapper_api";
constexpr const char *FILE_NAME = "libshim.so";

/* One per process; on the heap for good, since other threads may still use it while the process ends. */
struct Opened {
  std::mutex lock;
  const struct api *table = nullptr;
};
static Opened &opened() {
  static Opened *one = new Opened;
  return *one;
}

static Function *function_in(void *handle) { return reinterpret_cast<Function *>(dlsym(handle, SYMBOL)); }

/* A preloaded shim, or that of a second copy of this package: one must know all descriptors of the process. */
static Function *function_in_use() {
  if (Function *preloaded = function_in(RTLD_DEFAULT)) return preloaded;
  for (const std::string &path : relocation::loaded_objects()) {
    if (path.substr(path.rfind('/') + 1) != FILE_NAME) continue;
    void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE);
    if (Function *found = handle ? function_in(handle) : nullptr) return found;
  }
  return nullptr;
}

/* openShim(path): opens the preload library in this process without changing anything yet. Idempotent. */
static void open_shim(const Napi::CallbackInfo &info) {
  std::string path = arguments::text(info[0], "path");
  Opened &shim = opened();
  std::lock_guard<std::mutex> guard(shim.lock);
  if (shim.table) return;
  Function *function = function_in_use();
  if (!function) {
    void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) throw coded_fault(info.Env(), "ERR_DLOPEN_FAILED", dlerror());
    function = function_in(handle);
    if (!function) throw coded_fault(info.Env(), "ERR_DLOPEN_FAILED", path + " has no symbol " + SYMBOL);
  }
  const struct api *table = function();
  if (table->version != API_VERSION) {
    Dl_info where;
    std::string name = dladdr(reinterpret_cast<void *>(function), &where) && where.dli_fname ? where.dli_fname : path;
    throw coded_fault(info.Env(), "EPROTO",
                      "The shim " + name + " has interface " + std::to_string(table->version) + ", this addon needs " +
                          std::to_string(API_VERSION) + ".");
  }
  shim.table = table;
}

const struct api &functions(Napi::Env env) {
  Opened &shim = opened();
  std::lock_guard<std::mutex> guard(shim.lock);
  if (!shim.table) throw Napi::Error::New(env, "The shim is not open: openShim(path) comes first.");
  return *shim.table;
}

/* install(): points the slots of all objects at the shim. Returns [{ path, calls }] of the objects that had some; path "" is the program. */
static Napi::Value install(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::vector<relocation::Entered> entered;
  int error = entry::install(functions(env).replacements, &entered);
  if (error < 0) throw system_fault(env, -error, "mprotect");
  Napi::Array result = Napi::Array::New(env, entered.size());
  for (uint32_t i = 0; i < entered.size(); i++) {
    Napi::Array calls = Napi::Array::New(env);
    for (const std::string &call : entered[i].calls) calls.Set(calls.Length(), Napi::String::New(env, call));
    Napi::Object object = Napi::Object::New(env);
    object.Set("path", entered[i].path);
    object.Set("calls", calls);
    result.Set(i, object);
  }
  return result;
}

void add_exports(Napi::Env env, Napi::Object exports) {
  exports.Set("openShim", Napi::Function::New(env, open_shim, "openShim"));
  exports.Set("install", Napi::Function::New(env, install, "install"));
}

} // namespace shim
