/* SPDX-License-Identifier: MIT */
#include "network.h"

#include <cerrno>
#include <mutex>

#include "arguments.h"
#include "fault.h"
#include "shim.h"

namespace network {

constexpr int64_t REFUSE = -1;

/* Threads open and close networks of their own; the shim gives out ids without a lock. */
static std::mutex &networks_lock() {
  static std::mutex *one = new std::mutex;
  return *one;
}

/* openNetwork(dir, host, passthrough): its id */
static Napi::Value open_network(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  std::string dir = arguments::text(info[0], "dir");
  auto host = static_cast<u32>(arguments::integer(info[1], "host", 1, 64));
  if (!info[2].IsString()) throw arguments::type_fault(info[2], "passthrough", "a string");
  std::string passthrough = info[2].As<Napi::String>().Utf8Value();
  const struct api &shim = shim::functions(env);
  std::lock_guard<std::mutex> guard(networks_lock());
  int id = shim.network_open(dir.c_str(), host, passthrough.empty() ? nullptr : passthrough.c_str());
  if (id < 0) throw system_fault(env, -id, "openNetwork", dir);
  return Napi::Number::New(env, id);
}

/* closeNetwork(id) */
static void close_network(const Napi::CallbackInfo &info) {
  int id = static_cast<int>(arguments::integer(info[0], "id", 1, INT32_MAX));
  const struct api &shim = shim::functions(info.Env());
  std::lock_guard<std::mutex> guard(networks_lock());
  int error = shim.network_close(id);
  if (error < 0) throw system_fault(info.Env(), -error, "closeNetwork");
}

/* enterNetwork(id): the calling thread's network; 0 none, -1 none and new sockets are refused. Returns the one before. */
static Napi::Value enter_network(const Napi::CallbackInfo &info) {
  int id = static_cast<int>(arguments::integer(info[0], "id", REFUSE, INT32_MAX));
  int before = shim::functions(info.Env()).network_enter(id);
  if (before < REFUSE) throw system_fault(info.Env(), -before, "enterNetwork");
  return Napi::Number::New(info.Env(), before);
}

/* enterNetworkForProcess(id): the network of threads that have entered none; 0 none. Returns the one before. */
static Napi::Value enter_network_for_process(const Napi::CallbackInfo &info) {
  int id = static_cast<int>(arguments::integer(info[0], "id", 0, INT32_MAX));
  int before = shim::functions(info.Env()).network_enter_process(id);
  if (before < 0) throw system_fault(info.Env(), -before, "enterNetworkForProcess");
  return Napi::Number::New(info.Env(), before);
}

/* descriptorInfo(fd): struct wire_info, or undefined for what is no socket of a network */
static Napi::Value descriptor_info(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  struct wire_info found;
  int error = shim::functions(env).descriptor_info(arguments::descriptor(info[0]), &found);
  if (error == -ENOTSOCK) return env.Undefined();
  if (error < 0) throw system_fault(env, -error, "descriptorInfo");
  return Napi::Buffer<uint8_t>::Copy(env, reinterpret_cast<uint8_t *>(&found), sizeof found);
}

void add_exports(Napi::Env env, Napi::Object exports) {
  exports.Set("openNetwork", Napi::Function::New(env, open_network, "openNetwork"));
  exports.Set("closeNetwork", Napi::Function::New(env, close_network, "closeNetwork"));
  exports.Set("enterNetwork", Napi::Function::New(env, enter_network, "enterNetwork"));
  exports.Set("enterNetworkForProcess", Napi::Function::New(env, enter_network_for_process, "enterNetworkForProcess"));
  exports.Set("descriptorInfo", Napi::Function::New(env, descriptor_info, "descriptorInfo"));
}

} // namespace network
