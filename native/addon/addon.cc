/* SPDX-License-Identifier: MIT
 * The exported functions, and what one environment (the main thread, a worker) has of its own. */
#include <napi.h>

#include "arena_view.h"
#include "channel.h"
#include "follower.h"
#include "kernel.h"
#include "network.h"
#include "shim.h"
#include "waiter.h"

Waiters &waiters(Napi::Env env) { return *env.GetInstanceData<Waiters>(); }

/* The sizes with which this addon was built, for comparison with the generated TypeScript. */
static Napi::Object sizes(Napi::Env env) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("info", Napi::Number::New(env, sizeof(struct wire_info)));
  result.Set("envelope", Napi::Number::New(env, sizeof(struct wire_envelope)));
  result.Set("record", Napi::Number::New(env, sizeof(struct wire_record)));
  result.Set("process", Napi::Number::New(env, sizeof(struct wire_process)));
  result.Set("host", Napi::Number::New(env, sizeof(struct wire_host)));
  result.Set("socket", Napi::Number::New(env, sizeof(struct wire_socket)));
  result.Set("arena", Napi::Number::New(env, sizeof(struct wire_arena)));
  return result;
}

static Napi::Object init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new Waiters(env));
  shim::add_exports(env, exports);
  network::add_exports(env, exports);
  arena_view::add_exports(env, exports);
  follower::add_exports(env, exports);
  channel::add_exports(env, exports);
  kernel::add_exports(env, exports);
  exports.Set("sizes", sizes(env));
  return exports;
}

NODE_API_MODULE(addon, init)
