/* SPDX-License-Identifier: MIT */
#include "waiter.h"

#include "fault.h"

Waiters::Waiters(Napi::Env env) : env_(env), context_(env, "socket-wrapper channel") {
  napi_get_uv_event_loop(env, &loop_);
  napi_add_async_cleanup_hook(env, on_teardown, this, &teardown_);
}

Waiters::~Waiters() {
  if (teardown_) napi_remove_async_cleanup_hook(teardown_);
}

/* The loop of a worker must hold no handle when it ends: the environment waits until all of ours are closed. */
void Waiters::on_teardown(napi_async_cleanup_hook_handle, void *data) {
  Waiters *self = static_cast<Waiters *>(data);
  self->in_teardown_ = true;
  while (!self->waiters_.empty()) self->close(self->waiters_.begin()->second);
  self->finish_teardown();
}

void Waiters::finish_teardown() {
  if (!in_teardown_ || closing_ > 0 || !teardown_) return;
  napi_remove_async_cleanup_hook(teardown_);
  teardown_ = nullptr;
}

void Waiters::close(Waiter *waiter) {
  waiters_.erase(waiter->fd);
  waiter->reads.clear();
  waiter->writes.clear();
  closing_++;
  uv_close(reinterpret_cast<uv_handle_t *>(&waiter->poll), [](uv_handle_t *handle) {
    Waiter *closed = static_cast<Waiter *>(handle->data);
    Waiters *owner = closed->owner;
    delete closed;
    owner->closing_--;
    owner->finish_teardown();
  });
}

int Waiters::watch(Waiter &waiter) {
  int events = (waiter.reads.empty() ? 0 : UV_READABLE) | (waiter.writes.empty() ? 0 : UV_WRITABLE);
  return uv_poll_start(&waiter.poll, events, on_ready);
}

Napi::Value Waiters::run(int fd, Direction direction, std::unique_ptr<Operation> operation) {
  Napi::Promise promise = operation->deferred.Promise();
  auto found = waiters_.find(fd);
  Waiter *waiter = found == waiters_.end() ? nullptr : found->second;
  bool is_first = !waiter || (direction == Direction::READ ? waiter->reads : waiter->writes).empty();
  if (is_first && operation->attempt(env_, fd)) return promise;
  int error = operation->prepare();
  if (error == 0 && !waiter) {
    waiter = new Waiter{this, fd, {}, {}, {}};
    error = uv_poll_init(loop_, &waiter->poll, fd);
    if (error != 0) {
      delete waiter;
    } else {
      waiter->poll.data = waiter;
      waiters_.emplace(fd, waiter);
    }
  }
  if (error != 0) {
    operation->deferred.Reject(system_fault(env_, -error, operation->syscall()).Value());
    return promise;
  }
  (direction == Direction::READ ? waiter->reads : waiter->writes).push_back(std::move(operation));
  watch(*waiter);
  return promise;
}

/* Does what can be done. A settled promise runs JavaScript only when the callback scope ends, so nothing changes under the loops. */
void Waiters::proceed(int fd, bool readable, bool writable) {
  auto found = waiters_.find(fd);
  if (found == waiters_.end()) return;
  Waiter *waiter = found->second;
  while (readable && !waiter->reads.empty() && waiter->reads.front()->attempt(env_, fd)) waiter->reads.pop_front();
  while (writable && !waiter->writes.empty() && waiter->writes.front()->attempt(env_, fd)) waiter->writes.pop_front();
  if (waiter->reads.empty() && waiter->writes.empty())
    close(waiter);
  else
    watch(*waiter);
}

void Waiters::on_ready(uv_poll_t *poll, int status, int events) {
  Waiter *waiter = static_cast<Waiter *>(poll->data);
  Waiters *self = waiter->owner;
  Napi::HandleScope handles(self->env_);
  Napi::CallbackScope scope(self->env_, self->context_);
  try {
    /* An error (a reset peer) is told by the call itself. */
    self->proceed(waiter->fd, status < 0 || (events & UV_READABLE), status < 0 || (events & UV_WRITABLE));
  } catch (const Napi::Error &error) {
    report_uncaught(self->env_, error);
  }
}

void Waiters::cancel(int fd) {
  auto found = waiters_.find(fd);
  if (found == waiters_.end()) return;
  Waiter *waiter = found->second;
  auto reads = std::move(waiter->reads), writes = std::move(waiter->writes);
  close(waiter);
  for (auto *queue : {&reads, &writes})
    for (auto &operation : *queue) operation->deferred.Reject(system_fault(env_, ECANCELED, operation->syscall()).Value());
}
