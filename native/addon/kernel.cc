/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <linux/kcmp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "arguments.h"
#include "fault.h"

namespace kernel {

/* cookie(fd): SO_COOKIE as a bigint */
static Napi::Value cookie(const Napi::CallbackInfo &info) {
  int fd = arguments::descriptor(info[0]);
  uint64_t value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &value, &length) != 0) throw system_fault(info.Env(), errno, "getsockopt");
  return Napi::BigInt::New(info.Env(), value);
}

/* socketInode(fd): the n of socket:[n] as a bigint */
static Napi::Value socket_inode(const Napi::CallbackInfo &info) {
  int fd = arguments::descriptor(info[0]);
  struct stat file;
  if (fstat(fd, &file) != 0) throw system_fault(info.Env(), errno, "fstat");
  if (!S_ISSOCK(file.st_mode)) throw system_fault(info.Env(), ENOTSOCK, "fstat");
  return Napi::BigInt::New(info.Env(), static_cast<uint64_t>(file.st_ino));
}

/* sameFile(pidA, fdA, pidB, fdB): whether the two descriptors are copies of one */
static Napi::Value same_file(const Napi::CallbackInfo &info) {
  auto pid_a = arguments::integer(info[0], "pidA", 1, INT32_MAX);
  int fd_a = arguments::descriptor(info[1], "fdA");
  auto pid_b = arguments::integer(info[2], "pidB", 1, INT32_MAX);
  int fd_b = arguments::descriptor(info[3], "fdB");
  long order = syscall(SYS_kcmp, static_cast<pid_t>(pid_a), static_cast<pid_t>(pid_b), KCMP_FILE, static_cast<unsigned long>(fd_a),
                       static_cast<unsigned long>(fd_b));
  if (order < 0) throw system_fault(info.Env(), errno, "kcmp");
  return Napi::Boolean::New(info.Env(), order == 0);
}

void add_exports(Napi::Env env, Napi::Object exports) {
  exports.Set("cookie", Napi::Function::New(env, cookie, "cookie"));
  exports.Set("socketInode", Napi::Function::New(env, socket_inode, "socketInode"));
  exports.Set("sameFile", Napi::Function::New(env, same_file, "sameFile"));
}

} // namespace kernel
