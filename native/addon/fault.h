/* SPDX-License-Identifier: MIT
 * Errors as Node makes them: code, errno, syscall, path. */
#ifndef ADDON_FAULT_H
#define ADDON_FAULT_H

#include <napi.h>

#include <string>

/* `error` is a positive errno. The message is "CODE: text, syscall 'path'", as fs has it. */
Napi::Error system_fault(Napi::Env env, int error, const char *syscall, const std::string &path = {});

/* An error with a code of its own, for what no system call answered. */
Napi::Error coded_fault(Napi::Env env, const char *code, const std::string &message);

/* What was thrown below a callback of the event loop, where no caller can catch it: the program's uncaughtException. */
void report_uncaught(Napi::Env env, const Napi::Error &fault) noexcept;

#endif
