/* SPDX-License-Identifier: MIT */
#include "arguments.h"

#include <sys/socket.h>

#include <cmath>

namespace arguments {

/* The value as a message shows it: primitives in full, anything else by its kind. */
static std::string shown(const Napi::Value &value) {
  if (value.IsEmpty() || value.IsUndefined()) return "undefined";
  if (value.IsString()) return '"' + value.As<Napi::String>().Utf8Value() + '"';
  if (value.IsBigInt()) return value.ToString().Utf8Value() + 'n';
  if (value.IsNull() || value.IsNumber() || value.IsBoolean()) return value.ToString().Utf8Value();
  if (value.IsFunction()) return "a function";
  if (value.IsArray()) return "an array";
  if (value.IsSymbol()) return "a symbol";
  return "an object";
}

Napi::TypeError type_fault(const Napi::Value &value, const std::string &name, const std::string &allowed) {
  return Napi::TypeError::New(value.Env(), "Argument \"" + name + "\" must be " + allowed + ", got " + shown(value) + ".");
}

int64_t integer(const Napi::Value &value, const std::string &name, int64_t least, int64_t most) {
  double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (std::isnan(number) || std::floor(number) != number || number < static_cast<double>(least) || number > static_cast<double>(most))
    throw type_fault(value, name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  return static_cast<int64_t>(number);
}

int descriptor(const Napi::Value &value, const std::string &name) { return static_cast<int>(integer(value, name, 0, INT32_MAX)); }

bool boolean(const Napi::Value &value, const std::string &name) {
  if (!value.IsBoolean()) throw type_fault(value, name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

std::string text(const Napi::Value &value, const std::string &name) {
  std::string result = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  if (result.empty() || result.find('\0') != std::string::npos) throw type_fault(value, name, "a string, not empty and without zero bytes");
  return result;
}

std::string socket_path(const Napi::Value &value, const std::string &name) {
  std::string result = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  if (result.empty() || result.find('\0', 1) != std::string::npos)
    throw type_fault(value, name, "a path, or an abstract name with one zero byte at its head");
  return result;
}

int socket_type(const Napi::Value &value, const std::string &name) {
  std::string type = value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string();
  if (type == "stream") return SOCK_STREAM;
  if (type == "datagram") return SOCK_DGRAM;
  if (type == "seqpacket") return SOCK_SEQPACKET;
  throw type_fault(value, name, "\"stream\", \"datagram\" or \"seqpacket\"");
}

std::vector<int> descriptors(const Napi::Value &value, const std::string &name, size_t most) {
  if (!value.IsArray()) throw type_fault(value, name, "an array of descriptors");
  Napi::Array array = value.As<Napi::Array>();
  if (array.Length() > most)
    throw Napi::TypeError::New(value.Env(), "Argument \"" + name + "\" holds " + std::to_string(array.Length()) +
                                                " descriptors; one message carries at most " + std::to_string(most) + ".");
  std::vector<int> result;
  for (uint32_t i = 0; i < array.Length(); i++) result.push_back(descriptor(array.Get(i), name + "[" + std::to_string(i) + "]"));
  return result;
}

std::vector<uint8_t> bytes(const Napi::Value &value, const std::string &name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array)
    throw type_fault(value, name, "a Uint8Array");
  Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  return std::vector<uint8_t>(array.Data(), array.Data() + array.ByteLength());
}

Napi::Function function(const Napi::Value &value, const std::string &name) {
  if (!value.IsFunction()) throw type_fault(value, name, "a function");
  return value.As<Napi::Function>();
}

} // namespace arguments
