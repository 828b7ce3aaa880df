/* SPDX-License-Identifier: MIT */
#include "arena_view.h"

#include <sys/stat.h>

#include <cstring>
#include <vector>

#include "arguments.h"
#include "fault.h"
#include "follower.h"

ArenaView::ArenaView(Napi::Env env, const struct api &shim, struct arena *map, const std::string &dir) : shim_(shim), map_(map) {
  std::memcpy(&layout_, shim.arena_head(map), sizeof layout_);
  struct stat file;
  std::string path = dir + "/" ARENA_FILE;
  uint64_t size = stat(path.c_str(), &file) == 0 ? static_cast<uint64_t>(file.st_size) : 0;
  auto fits = [&](uint32_t offset, uint64_t count, size_t entry) {
    return offset % alignof(uint64_t) == 0 && offset + count * entry <= size;
  };
  if (layout_.totalSize != size || !fits(layout_.socketOffset, layout_.socketCount, sizeof(struct wire_socket)) ||
      !fits(layout_.processOffset, layout_.processCount, sizeof(struct wire_process))) {
    close();
    throw system_fault(env, EPROTO, "open", path);
  }
}

ArenaView::~ArenaView() { close(); }

struct arena *ArenaView::map(Napi::Env env) const {
  if (!map_) throw coded_fault(env, "ERR_INVALID_STATE", "The arena is closed.");
  return map_;
}

void ArenaView::close() {
  if (map_) shim_.arena_close(map_);
  map_ = nullptr;
}

namespace arena_view {

constexpr napi_type_tag TAG = {0x7d1f5a3b6c2e4f80, 0x9b3e8c5d2a714f66};
using Shared = std::shared_ptr<ArenaView>;

Shared from(const Napi::Value &value) {
  if (value.IsExternal()) {
    auto external = value.As<Napi::External<Shared>>();
    if (external.CheckTypeTag(&TAG)) return *external.Data();
  }
  throw arguments::type_fault(value, "arena", "an arena that openArena returned");
}

/* createArena(dir, { records, sockets, processes, abstractClients, isCaptured }) */
static void create_arena(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::string dir = arguments::text(info[0], "dir");
  if (!info[1].IsObject()) throw arguments::type_fault(info[1], "shape", "an object");
  Napi::Object shape = info[1].As<Napi::Object>();
  auto count = [&](const char *name) {
    return static_cast<u32>(arguments::integer(shape.Get(name), std::string("shape.") + name, 1, UINT32_MAX));
  };
  struct arena_shape counts = {count("records"), count("sockets"), count("processes"), 0};
  if (arguments::boolean(shape.Get("abstractClients"), "shape.abstractClients")) counts.features |= ARENA_ABSTRACT_CLIENTS;
  if (shape.Has("isCaptured") && arguments::boolean(shape.Get("isCaptured"), "shape.isCaptured")) counts.features |= ARENA_CAPTURE;
  int error = shim::functions(env).arena_create(dir.c_str(), &counts);
  if (error < 0) throw system_fault(env, -error, "createArena", dir + "/" ARENA_FILE);
}

/* openArena(dir): the external */
static Napi::Value open_arena(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::string dir = arguments::text(info[0], "dir");
  const struct api &shim = shim::functions(env);
  struct arena *map = nullptr;
  int error = shim.arena_open(dir.c_str(), &map);
  if (error < 0) throw system_fault(env, -error, "openArena", dir + "/" ARENA_FILE);
  auto shared = std::make_unique<Shared>(std::make_shared<ArenaView>(env, shim, map, dir));
  auto external = Napi::External<Shared>::New(env, shared.get(), [](Napi::Env, Shared *held) { delete held; });
  shared.release();
  external.TypeTag(&TAG);
  return external;
}

/* closeArena(arena): idempotent; a follower is stopped first, without a last delivery. */
static void close_arena(const Napi::CallbackInfo &info) {
  Shared arena = from(info[0]);
  if (std::shared_ptr<Follower> follower = arena->follower) follower->stop();
  arena->close();
}

/* addHost(arena, number, name) */
static void add_host(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Shared arena = from(info[0]);
  u32 number = static_cast<u32>(arguments::integer(info[1], "number", 1, arena->layout().hostCount));
  std::string name = arguments::text(info[2], "name");
  int error = arena->shim().arena_host_add(arena->map(env), number, name.c_str());
  if (error < 0) throw system_fault(env, -error, "addHost", name);
}

/* addProcess(arena, pid, parent, host, flags, program) */
static void add_process(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Shared arena = from(info[0]);
  pid_t pid = static_cast<pid_t>(arguments::integer(info[1], "pid", 1, INT32_MAX));
  pid_t parent = static_cast<pid_t>(arguments::integer(info[2], "parent", 0, INT32_MAX));
  u32 host = static_cast<u32>(arguments::integer(info[3], "host", 1, arena->layout().hostCount));
  u32 flags = static_cast<u32>(arguments::integer(info[4], "flags", 0, PROCESS_UNDER_SHIM | PROCESS_SPAWNED | PROCESS_TEST));
  std::string program = arguments::text(info[5], "program");
  int error = arena->shim().arena_process_add(arena->map(env), pid, parent, host, flags, program.c_str());
  if (error < 0) throw system_fault(env, -error, "addProcess", program);
}

/* readHead(arena): a copy of struct wire_arena, as it is now */
static Napi::Value read_head(const Napi::CallbackInfo &info) {
  Shared arena = from(info[0]);
  const auto *head = arena->table<uint8_t>(info.Env(), 0);
  return Napi::Buffer<uint8_t>::Copy(info.Env(), head, sizeof(struct wire_arena));
}

/* Another process may be writing what is copied: word by word, so that the compiler makes no assumption. */
template <typename Entry> static void copy_words(Entry &out, const void *from) {
  static_assert(sizeof(Entry) % sizeof(u64) == 0, "entries are whole words");
  u64 words[sizeof(Entry) / sizeof(u64)];
  for (size_t i = 0; i < sizeof(Entry) / sizeof(u64); i++) words[i] = __atomic_load_n(static_cast<const u64 *>(from) + i, __ATOMIC_RELAXED);
  std::memcpy(&out, words, sizeof out);
}

/* Copies the good one of an entry's two infos. False when the entry is free or removed. A writer fills the other copy and then changes
 * `current`: what was copied is whole when `current` is the same afterwards. */
static bool read_socket(Napi::Env env, const struct wire_socket &entry, struct wire_info &out) {
  constexpr int ATTEMPTS = 100000; /* a live writer needs a few hundred ns for a change; only a hostile one gets here */
  for (int i = 0; i < ATTEMPTS; i++) {
    u64 cookie = __atomic_load_n(&entry.cookie, __ATOMIC_ACQUIRE);
    u64 current = __atomic_load_n(&entry.current, __ATOMIC_ACQUIRE);
    if (cookie == 0 || cookie == SOCKET_REMOVED || current == 0) return false;
    copy_words(out, current & 1 ? entry.second : entry.first);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&entry.current, __ATOMIC_RELAXED) == current && __atomic_load_n(&entry.cookie, __ATOMIC_RELAXED) == cookie &&
        out.cookie == cookie)
      return true;
  }
  throw system_fault(env, EAGAIN, "readSockets");
}

/* readSockets(arena): struct wire_info after struct wire_info */
static Napi::Value read_sockets(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Shared arena = from(info[0]);
  const auto *entries = arena->table<struct wire_socket>(env, arena->layout().socketOffset);
  std::vector<struct wire_info> infos;
  struct wire_info one;
  for (u32 i = 0; i < arena->layout().socketCount; i++)
    if (read_socket(env, entries[i], one)) infos.push_back(one);
  return Napi::Buffer<uint8_t>::Copy(env, reinterpret_cast<uint8_t *>(infos.data()), infos.size() * sizeof one);
}

/* readProcesses(arena): the used rows, struct wire_process after struct wire_process */
static Napi::Value read_processes(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  Shared arena = from(info[0]);
  const auto *entries = arena->table<struct wire_process>(env, arena->layout().processOffset);
  std::vector<struct wire_process> rows;
  struct wire_process one;
  for (u32 i = 0; i < arena->layout().processCount; i++) {
    /* startedNs is written last: 0 is a row that is being filled. */
    if (__atomic_load_n(&entries[i].startedNs, __ATOMIC_ACQUIRE) == 0) continue;
    copy_words(one, &entries[i]);
    rows.push_back(one);
  }
  return Napi::Buffer<uint8_t>::Copy(env, reinterpret_cast<uint8_t *>(rows.data()), rows.size() * sizeof one);
}

void add_exports(Napi::Env env, Napi::Object exports) {
  exports.Set("createArena", Napi::Function::New(env, create_arena, "createArena"));
  exports.Set("openArena", Napi::Function::New(env, open_arena, "openArena"));
  exports.Set("closeArena", Napi::Function::New(env, close_arena, "closeArena"));
  exports.Set("addHost", Napi::Function::New(env, add_host, "addHost"));
  exports.Set("addProcess", Napi::Function::New(env, add_process, "addProcess"));
  exports.Set("readHead", Napi::Function::New(env, read_head, "readHead"));
  exports.Set("readSockets", Napi::Function::New(env, read_sockets, "readSockets"));
  exports.Set("readProcesses", Napi::Function::New(env, read_processes, "readProcesses"));
}

} // namespace arena_view
