/* SPDX-License-Identifier: MIT
 * Operations that wait for a descriptor on the current event loop, without a thread. */
#ifndef ADDON_WAITER_H
#define ADDON_WAITER_H

#include <napi.h>
#include <uv.h>

#include <deque>
#include <memory>
#include <unordered_map>

/* Something to do on a descriptor, and the promise of its result. */
class Operation {
public:
  explicit Operation(Napi::Env env) : deferred(Napi::Promise::Deferred::New(env)) {}
  Operation(const Operation &) = delete;
  virtual ~Operation() = default;
  /* True when the promise is settled, false when the descriptor is not ready. */
  virtual bool attempt(Napi::Env env, int fd) = 0;
  /* Before it waits for the first time. Returns 0 or -errno. */
  virtual int prepare() { return 0; }
  virtual const char *syscall() const = 0;

  Napi::Promise::Deferred deferred;
};

enum class Direction { READ, WRITE };

/* All waits of one environment, by descriptor. Operations of one direction are done in the order in which they came. */
class Waiters {
public:
  explicit Waiters(Napi::Env env);
  Waiters(const Waiters &) = delete;
  ~Waiters();

  Napi::Value run(int fd, Direction direction, std::unique_ptr<Operation> operation);
  /* Rejects what waits for the descriptor with ECANCELED: it is about to be closed. */
  void cancel(int fd);

private:
  /* Exists while something waits, so an idle descriptor costs nothing and never keeps the loop alive. */
  struct Waiter {
    Waiters *owner;
    int fd;
    uv_poll_t poll;
    std::deque<std::unique_ptr<Operation>> reads, writes;
  };

  int watch(Waiter &waiter);
  void proceed(int fd, bool readable, bool writable);
  void close(Waiter *waiter);
  void finish_teardown();
  static void on_ready(uv_poll_t *poll, int status, int events);
  static void on_teardown(napi_async_cleanup_hook_handle handle, void *waiters);

  Napi::Env env_;
  Napi::AsyncContext context_;
  uv_loop_t *loop_ = nullptr;
  std::unordered_map<int, Waiter *> waiters_;
  size_t closing_ = 0;
  bool in_teardown_ = false;
  napi_async_cleanup_hook_handle teardown_ = nullptr;
};

/* The waiters of the calling environment. */
Waiters &waiters(Napi::Env env);

#endif
