/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "arguments.h"
#include "descriptor.h"
#include "fault.h"
#include "shim.h"
#include "waiter.h"

namespace channel {

constexpr int BACKLOG = 128;
constexpr int FLAGS = SOCK_CLOEXEC | SOCK_NONBLOCK;
constexpr size_t DESCRIPTORS_MAX = 252; /* the kernel's limit (253) less the envelope */
constexpr int64_t BYTES_MAX = int64_t{1} << 28;

/* Room for the descriptors that a message may bring, also from a sender without the shim, and for what SO_PASSCRED and its like add. */
union Control {
  struct cmsghdr header; /* alignment */
  char room[CMSG_SPACE(sizeof(int) * (DESCRIPTORS_MAX + 1)) + 256];
};

static bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

class Send final : public Operation {
public:
  Send(Napi::Env env, std::vector<int> descriptors, std::vector<uint8_t> bytes)
      : Operation(env), shim_(shim::functions(env)), descriptors_(std::move(descriptors)), bytes_(std::move(bytes)) {}

  const char *syscall() const override { return "sendmsg"; }

  /* The caller may close its descriptors while the message waits for room. */
  int prepare() override {
    for (int &fd : descriptors_) {
      fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
      if (fd < 0) return -errno;
      copies_.emplace_back(fd);
    }
    return 0;
  }

  bool attempt(Napi::Env env, int fd) override {
    do {
      ssize_t sent = send_once(fd);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && would_block(errno)) return false;
      if (sent < 0) {
        deferred.Reject(system_fault(env, errno, syscall()).Value());
        return true;
      }
      /* The descriptors went with the first byte. */
      sent_ += static_cast<size_t>(sent);
      descriptors_.clear();
    } while (sent_ < bytes_.size()); /* a stream takes what fits */
    deferred.Resolve(env.Undefined());
    return true;
  }

private:
  ssize_t send_once(int fd) {
    struct iovec bytes = {bytes_.data() + sent_, bytes_.size() - sent_};
    struct msghdr message = {};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    Control control = {};
    if (!descriptors_.empty()) {
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors_.size());
      struct cmsghdr *header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int) * descriptors_.size());
      std::memcpy(CMSG_DATA(header), descriptors_.data(), sizeof(int) * descriptors_.size());
    }
    return shim_.sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

  const struct api &shim_;
  std::vector<int> descriptors_;
  std::vector<Descriptor> copies_;
  std::vector<uint8_t> bytes_;
  size_t sent_ = 0;
};

class Receive final : public Operation {
public:
  Receive(Napi::Env env, size_t size) : Operation(env), shim_(shim::functions(env)), size_(size) {}

  const char *syscall() const override { return "recvmsg"; }

  bool attempt(Napi::Env env, int fd) override {
    std::unique_ptr<uint8_t[]> room(new uint8_t[size_]);
    struct iovec bytes = {room.get(), size_};
    Control control = {};
    struct msghdr message = {};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    ssize_t got;
    do got = shim_.recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0 && would_block(errno)) return false;
    if (got < 0) {
      deferred.Reject(system_fault(env, errno, syscall()).Value());
      return true;
    }
    std::vector<Descriptor> received = take_descriptors(message);
    Napi::Array descriptors = Napi::Array::New(env, received.size());
    Napi::Object result = Napi::Object::New(env);
    result.Set("bytes", Napi::Buffer<uint8_t>::Copy(env, room.get(), static_cast<size_t>(got)));
    for (uint32_t i = 0; i < received.size(); i++) descriptors.Set(i, Napi::Number::New(env, received[i].get()));
    result.Set("descriptors", descriptors);
    result.Set("truncated", Napi::Boolean::New(env, (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0));
    for (Descriptor &one : received) one.release();
    deferred.Resolve(result);
    return true;
  }

private:
  static std::vector<Descriptor> take_descriptors(struct msghdr &message) {
    std::vector<Descriptor> result;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
      size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
        int fd;
        std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
        result.emplace_back(fd);
      }
    }
    return result;
  }

  const struct api &shim_;
  size_t size_;
};

class Accept final : public Operation {
public:
  using Operation::Operation;

  const char *syscall() const override { return "accept"; }

  bool attempt(Napi::Env env, int fd) override {
    /* accept4 would sleep on a blocking listener. */
    if (!is_non_blocking(fd)) {
      deferred.Reject(coded_fault(env, "ERR_INVALID_ARG_VALUE",
                                  "Descriptor " + std::to_string(fd) + " is a blocking listener; accept needs a non-blocking one.")
                          .Value());
      return true;
    }
    int accepted;
    do accepted = accept4(fd, nullptr, nullptr, FLAGS);
    while (accepted < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (accepted < 0 && would_block(errno)) return false;
    if (accepted < 0)
      deferred.Reject(system_fault(env, errno, syscall()).Value());
    else
      deferred.Resolve(Napi::Number::New(env, accepted));
    return true;
  }

private:
  static bool is_non_blocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 || (flags & O_NONBLOCK); /* a bad descriptor: accept4 says which error */
  }
};

static bool is_stream(int fd) {
  int type = 0;
  socklen_t length = sizeof type;
  return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

/* send(fd, descriptors, bytes): a promise of nothing */
static Napi::Value send(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  int fd = arguments::descriptor(info[0]);
  std::vector<int> descriptors = arguments::descriptors(info[1], "descriptors", DESCRIPTORS_MAX);
  std::vector<uint8_t> bytes = arguments::bytes(info[2]);
  if (bytes.empty() && is_stream(fd))
    throw Napi::TypeError::New(env, "Argument \"bytes\" is empty: a stream carries descriptors beside at least one byte.");
  return waiters(env).run(fd, Direction::WRITE, std::make_unique<Send>(env, std::move(descriptors), std::move(bytes)));
}

/* receive(fd, maxBytes): a promise of { bytes, descriptors, truncated } */
static Napi::Value receive(const Napi::CallbackInfo &info) {
  int fd = arguments::descriptor(info[0]);
  auto size = static_cast<size_t>(arguments::integer(info[1], "maxBytes", 1, BYTES_MAX));
  return waiters(info.Env()).run(fd, Direction::READ, std::make_unique<Receive>(info.Env(), size));
}

/* accept(fd): a promise of a descriptor */
static Napi::Value accept(const Napi::CallbackInfo &info) {
  int fd = arguments::descriptor(info[0]);
  return waiters(info.Env()).run(fd, Direction::READ, std::make_unique<Accept>(info.Env()));
}

/* socketPair(type): [fd, fd] */
static Napi::Value socket_pair(const Napi::CallbackInfo &info) {
  Napi::Env env = info.Env();
  int type = arguments::socket_type(info[0]);
  int pair[2];
  /* Blocking: the other end is for a process, which expects what socketpair(2) gives. Our own calls say MSG_DONTWAIT. */
  if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) throw system_fault(env, errno, "socketpair");
  Napi::Array result = Napi::Array::New(env, 2);
  result.Set(0u, Napi::Number::New(env, pair[0]));
  result.Set(1u, Napi::Number::New(env, pair[1]));
  return result;
}

/* A unix socket of the type, and the address of the path. */
struct Unix {
  std::string path;
  int type = 0;
  struct sockaddr_un address = {};
  socklen_t length = 0;
  Descriptor fd;

  explicit Unix(const Napi::CallbackInfo &info) : path(arguments::socket_path(info[0])), type(arguments::socket_type(info[1])) {
    bool is_abstract = path[0] == '\0';
    if (path.size() + (is_abstract ? 0 : 1) > sizeof address.sun_path) throw system_fault(info.Env(), ENAMETOOLONG, "socket", path);
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    length = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
    fd = Descriptor(socket(AF_UNIX, type | FLAGS, 0));
    if (!fd.valid()) throw system_fault(info.Env(), errno, "socket");
  }
};

/* connectUnix(path, type): a descriptor. EAGAIN when the listener's queue is full. */
static Napi::Value connect_unix(const Napi::CallbackInfo &info) {
  Unix unix_socket(info);
  if (connect(unix_socket.fd.get(), reinterpret_cast<struct sockaddr *>(&unix_socket.address), unix_socket.length) != 0)
    throw system_fault(info.Env(), errno, "connect", unix_socket.path);
  return Napi::Number::New(info.Env(), unix_socket.fd.release());
}

/* listenUnix(path, type): a descriptor; for datagrams it is bound, and receives */
static Napi::Value listen_unix(const Napi::CallbackInfo &info) {
  Unix unix_socket(info);
  if (bind(unix_socket.fd.get(), reinterpret_cast<struct sockaddr *>(&unix_socket.address), unix_socket.length) != 0)
    throw system_fault(info.Env(), errno, "bind", unix_socket.path);
  if (unix_socket.type != SOCK_DGRAM && listen(unix_socket.fd.get(), BACKLOG) != 0)
    throw system_fault(info.Env(), errno, "listen", unix_socket.path);
  return Napi::Number::New(info.Env(), unix_socket.fd.release());
}

/* closeDescriptor(fd): what waits for it is rejected with ECANCELED */
static void close_descriptor(const Napi::CallbackInfo &info) {
  int fd = arguments::descriptor(info[0]);
  waiters(info.Env()).cancel(fd);
  if (close(fd) != 0 && errno != EINTR) throw system_fault(info.Env(), errno, "close");
}

void add_exports(Napi::Env env, Napi::Object exports) {
  exports.Set("socketPair", Napi::Function::New(env, socket_pair, "socketPair"));
  exports.Set("connectUnix", Napi::Function::New(env, connect_unix, "connectUnix"));
  exports.Set("listenUnix", Napi::Function::New(env, listen_unix, "listenUnix"));
  exports.Set("accept", Napi::Function::New(env, accept, "accept"));
  exports.Set("send", Napi::Function::New(env, send, "send"));
  exports.Set("receive", Napi::Function::New(env, receive, "receive"));
  exports.Set("closeDescriptor", Napi::Function::New(env, close_descriptor, "closeDescriptor"));
}

} // namespace channel
