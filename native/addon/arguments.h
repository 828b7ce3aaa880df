/* SPDX-License-Identifier: MIT
 * Arguments of the exported functions: each verb returns the value or throws a TypeError that names argument, allowed values and what came. */
#ifndef ADDON_ARGUMENTS_H
#define ADDON_ARGUMENTS_H

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace arguments {

Napi::TypeError type_fault(const Napi::Value &value, const std::string &name, const std::string &allowed);

int64_t integer(const Napi::Value &value, const std::string &name, int64_t least, int64_t most);
int descriptor(const Napi::Value &value, const std::string &name = "fd");
bool boolean(const Napi::Value &value, const std::string &name);
/* Not empty, and without a zero byte. */
std::string text(const Napi::Value &value, const std::string &name);
/* Path of a unix socket: as `text`, but a leading zero byte makes it an abstract name. */
std::string socket_path(const Napi::Value &value, const std::string &name = "path");
/* "stream", "datagram" or "seqpacket" -> SOCK_*. */
int socket_type(const Napi::Value &value, const std::string &name = "type");
std::vector<int> descriptors(const Napi::Value &value, const std::string &name, size_t most);
std::vector<uint8_t> bytes(const Napi::Value &value, const std::string &name = "bytes");
Napi::Function function(const Napi::Value &value, const std::string &name);

} // namespace arguments

#endif
