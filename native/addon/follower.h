/* SPDX-License-Identifier: MIT
 * The reader of an arena's journal: a thread that moves records into memory as they come, also while JavaScript is blocked, and a callback
 * that gets them in order. */
#ifndef ADDON_FOLLOWER_H
#define ADDON_FOLLOWER_H

#include <napi.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "arena_view.h"

class Follower : public std::enable_shared_from_this<Follower> {
public:
  Follower(const struct api &shim, struct arena *map) : shim_(shim), map_(map) {}
  Follower(const Follower &) = delete;
  ~Follower() { halt(); }

  /* Becomes the arena's follower and starts the thread. Arena, follower and callback live until stop or the end of the environment. */
  void start(Napi::Env env, std::shared_ptr<ArenaView> arena, Napi::Function callback, Napi::Function set_immediate);
  /* Calls back with the `most` oldest of what was published until now. Throws what the callback throws. */
  void deliver(Napi::Env env, size_t most = SIZE_MAX);
  /* Ends the thread and lets go of arena and callback; idempotent. JavaScript's thread only, and the caller holds a reference. */
  void stop();
  /* The same, with a last delivery of what came before the end. */
  void finish(Napi::Env env);

private:
  void run();
  void halt();
  void read_all();
  void notify();
  static void on_news(napi_env env, napi_value, void *context, void *);
  static void on_exit(void *follower);

  const struct api &shim_;
  struct arena *map_;
  std::shared_ptr<ArenaView> arena_; /* null: not started, or stopped */
  napi_env env_ = nullptr;
  napi_threadsafe_function news_ = nullptr;
  Napi::FunctionReference callback_;
  Napi::FunctionReference set_immediate_, in_turn_;
  std::thread thread_;

  std::mutex reader_; /* held while the ring is read, so that records stay in order; guards records_ and notified_ */
  std::vector<struct wire_record> records_;
  bool notified_ = false;
  std::atomic<bool> stopping_{false};
};

namespace follower {
void add_exports(Napi::Env env, Napi::Object exports);
}

#endif
