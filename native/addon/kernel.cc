/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include <dirent.h>
#include <linux/kcmp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

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

/* The name of the protocol as /proc/net/protocols has it: net/socket.c answers it for any socket, also of another process. */
static bool is_inet(const std::string &path) {
  static const char *const names[] = {"TCP", "UDP", "MPTCP", "SCTP", "DCCP", "RAW", "PING"};
  char protocol[32] = {0};
  if (getxattr(path.c_str(), "system.sockprotoname", protocol, sizeof protocol - 1) <= 0) return false;
  for (const char *name : names)
    if (strncmp(protocol, name, strlen(name)) == 0) return true;
  return false;
}

/* inetSockets(pid): inodes of the inet sockets among a process's descriptors */
static Napi::Value inet_sockets(const Napi::CallbackInfo &info) {
  static const char prefix[] = "socket:[";
  auto pid = arguments::integer(info[0], "pid", 1, INT32_MAX);
  std::string directory = "/proc/" + std::to_string(pid) + "/fd";
  Napi::Array found = Napi::Array::New(info.Env());
  std::unique_ptr<DIR, int (*)(DIR *)> open(opendir(directory.c_str()), closedir);
  if (!open) return found;
  while (struct dirent *entry = readdir(open.get())) {
    char link[64] = {0};
    std::string path = directory + "/" + entry->d_name;
    if (readlink(path.c_str(), link, sizeof link - 1) <= 0 || strncmp(link, prefix, sizeof prefix - 1) != 0 || !is_inet(path)) continue;
    uint64_t inode = strtoull(link + sizeof prefix - 1, nullptr, 10);
    found.Set(found.Length(), Napi::BigInt::New(info.Env(), inode));
  }
  return found;
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
  exports.Set("inetSockets", Napi::Function::New(env, inet_sockets, "inetSockets"));
  exports.Set("sameFile", Napi::Function::New(env, same_file, "sameFile"));
}

} // namespace kernel
