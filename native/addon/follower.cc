/* SPDX-License-Identifier: MIT */
#include "follower.h"

#include <pthread.h>
#include <signal.h>

#include <system_error>

#include "arguments.h"
#include "fault.h"

constexpr u32 BATCH = 256;
/* A turn of the event loop with that many takes some milliseconds. */
constexpr size_t TURN = 1024;

/* Signals are the program's: handlers run on its own threads. */
class SignalsBlocked {
public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  SignalsBlocked(const SignalsBlocked &) = delete;
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_;
};

/* Lock: reader_. */
void Follower::read_all() {
  u32 got;
  do {
    size_t size = records_.size();
    records_.resize(size + BATCH);
    got = shim_.journal_read(map_, &records_[size], BATCH);
    records_.resize(size + got);
  } while (got == BATCH);
}

/* Lock: reader_. One call is under way at most. */
void Follower::notify() {
  if (notified_ || records_.empty()) return;
  notified_ = napi_call_threadsafe_function(news_, nullptr, napi_tsfn_nonblocking) == napi_ok;
}

void Follower::run() {
  for (;;) {
    {
      std::lock_guard<std::mutex> guard(reader_);
      read_all();
      notify();
    }
    if (stopping_) return;
    /* Returns at once when something came, or journal_wake was called, since its last return. */
    shim_.journal_wait(map_, -1);
  }
}

void Follower::halt() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  shim_.journal_wake(map_);
  thread_.join();
}

void Follower::on_news(napi_env raw, napi_value, void *context, void *) {
  if (!raw) return;
  Napi::Env env(raw);
  auto follower = static_cast<std::weak_ptr<Follower> *>(context)->lock();
  if (!follower || !follower->arena_) return;
  try {
    /* Node repeats this call up to 1000 times while there is news (node_api.cc, kMaxIterationCount): setImmediate has one turn of the loop
     * between two deliveries. */
    follower->set_immediate_.Call({follower->in_turn_.Value()});
  } catch (const Napi::Error &error) {
    report_uncaught(env, error);
  }
}

void Follower::on_exit(void *data) {
  auto follower = static_cast<Follower *>(data)->shared_from_this();
  follower->stop();
}

void Follower::start(Napi::Env env, std::shared_ptr<ArenaView> arena, Napi::Function callback, Napi::Function set_immediate) {
  env_ = env;
  arena_ = std::move(arena);
  arena_->follower = shared_from_this();
  callback_ = Napi::Persistent(callback);
  set_immediate_ = Napi::Persistent(set_immediate);
  in_turn_ = Napi::Persistent(Napi::Function::New(env, [weak = weak_from_this()](const Napi::CallbackInfo &info) {
    auto follower = weak.lock();
    if (follower && follower->arena_) follower->deliver(info.Env(), TURN);
  }));
  auto *context = new std::weak_ptr<Follower>(weak_from_this());
  auto forget = [](napi_env, void *data, void *) { delete static_cast<std::weak_ptr<Follower> *>(data); };
  napi_status status = napi_create_threadsafe_function(env, nullptr, nullptr, Napi::String::New(env, "socket-wrapper journal"), 0, 1,
                                                       context, forget, context, on_news, &news_);
  if (status != napi_ok) {
    delete context;
    arena_->follower.reset();
    arena_.reset();
    throw Napi::Error::New(env);
  }
  napi_unref_threadsafe_function(env, news_);
  napi_add_env_cleanup_hook(env, on_exit, this);
  try {
    SignalsBlocked blocked;
    thread_ = std::thread(&Follower::run, this);
  } catch (const std::system_error &error) {
    stop();
    throw system_fault(env, error.code().value(), "pthread_create");
  }
}

void Follower::deliver(Napi::Env env, size_t most) {
  std::vector<struct wire_record> batch;
  {
    std::lock_guard<std::mutex> guard(reader_);
    notified_ = false;
    read_all();
    if (records_.size() <= most) {
      batch.swap(records_);
    } else {
      auto end = records_.begin() + static_cast<std::ptrdiff_t>(most);
      batch.assign(records_.begin(), end);
      records_.erase(records_.begin(), end);
      notify();
    }
  }
  if (batch.empty()) return;
  callback_.Call({Napi::Buffer<uint8_t>::Copy(env, reinterpret_cast<uint8_t *>(batch.data()), batch.size() * sizeof(struct wire_record))});
}

void Follower::stop() {
  halt();
  if (!arena_) return;
  napi_remove_env_cleanup_hook(env_, on_exit, this);
  napi_release_threadsafe_function(news_, napi_tsfn_abort);
  for (Napi::FunctionReference *reference : {&callback_, &set_immediate_, &in_turn_}) reference->Reset();
  std::shared_ptr<ArenaView> arena = std::move(arena_);
  std::shared_ptr<Follower> self = std::move(arena->follower);
}

void Follower::finish(Napi::Env env) {
  halt();
  try {
    if (arena_) deliver(env);
  } catch (...) {
    stop();
    throw;
  }
  stop();
}

namespace follower {

/* follow(arena, onRecords): a function that stops after a last delivery */
static Napi::Value follow(const Napi::CallbackInfo &info, Napi::Function set_immediate) {
  Napi::Env env = info.Env();
  std::shared_ptr<ArenaView> arena = arena_view::from(info[0]);
  Napi::Function callback = arguments::function(info[1], "onRecords");
  if (arena->follower) throw coded_fault(env, "ERR_INVALID_STATE", "The arena has a follower already; its journal has one reader.");
  auto follower = std::make_shared<Follower>(arena->shim(), arena->map(env));
  follower->start(env, arena, callback, set_immediate);
  return Napi::Function::New(
      env, [follower](const Napi::CallbackInfo &stop) { follower->finish(stop.Env()); }, "stop");
}

/* drain(arena): calls the follower's callback with everything published until now */
static void drain(const Napi::CallbackInfo &info) {
  std::shared_ptr<ArenaView> arena = arena_view::from(info[0]);
  arena->map(info.Env());
  std::shared_ptr<Follower> follower = arena->follower;
  if (!follower) throw coded_fault(info.Env(), "ERR_INVALID_STATE", "Nobody follows the arena: follow(arena, onRecords) comes first.");
  follower->deliver(info.Env());
}

void add_exports(Napi::Env env, Napi::Object exports) {
  /* Taken before any test can replace it. */
  auto set_immediate = std::make_shared<Napi::FunctionReference>(Napi::Persistent(env.Global().Get("setImmediate").As<Napi::Function>()));
  auto own_follow = [set_immediate](const Napi::CallbackInfo &info) { return follow(info, set_immediate->Value()); };
  exports.Set("follow", Napi::Function::New(env, own_follow, "follow"));
  exports.Set("drain", Napi::Function::New(env, drain, "drain"));
}

} // namespace follower
