/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <uv.h>

Napi::Error system_fault(Napi::Env env, int error, const char *syscall, const std::string &path) {
  std::string code = uv_err_name(-error);
  std::string message = code + ": " + uv_strerror(-error) + ", " + syscall;
  if (!path.empty()) message += " '" + path + "'";
  Napi::Error fault = Napi::Error::New(env, message);
  fault.Set("errno", Napi::Number::New(env, -error));
  fault.Set("code", Napi::String::New(env, code));
  fault.Set("syscall", Napi::String::New(env, syscall));
  if (!path.empty()) fault.Set("path", Napi::String::New(env, path));
  return fault;
}

Napi::Error coded_fault(Napi::Env env, const char *code, const std::string &message) {
  Napi::Error fault = Napi::Error::New(env, message);
  fault.Set("code", Napi::String::New(env, code));
  return fault;
}

void report_uncaught(Napi::Env env, const Napi::Error &fault) noexcept {
  try {
    napi_fatal_exception(env, fault.Value());
  } catch (const Napi::Error &) {
    /* A worker that is being terminated runs no JavaScript: there is nobody to tell. */
  }
}
