/* SPDX-License-Identifier: MIT
 * An addon that opens sockets by itself: through a call, through a pointer in its data, and through a library that it opens by name. */
#include <dlfcn.h>
#include <stddef.h>
#include <sys/socket.h>

/* Node-API by hand, so that the test needs no headers. */
typedef struct napi_env_ *napi_env;
typedef struct napi_value_ *napi_value;
typedef struct napi_info_ *napi_info;
int napi_create_function(napi_env, const char *, size_t, napi_value (*)(napi_env, napi_info), void *, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);
int napi_create_int32(napi_env, int, napi_value *);

static int (*by_pointer)(int, int, int) = socket;

static napi_value number(napi_env env, int value) {
  napi_value result;
  napi_create_int32(env, value, &result);
  return result;
}

static napi_value open_by_call(napi_env env, napi_info info) {
  (void)info;
  return number(env, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static napi_value open_by_pointer(napi_env env, napi_info info) {
  (void)info;
  return number(env, by_pointer(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

/* A bare name: found along the RUNPATH of this object, not of whoever stands in for dlopen. */
static napi_value open_in_library(napi_env env, napi_info info) {
  (void)info;
  void *library = dlopen("libinner.so", RTLD_NOW | RTLD_LOCAL);
  int (*inner)(void) = library ? (int (*)(void))dlsym(library, "inner") : NULL;
  return number(env, inner ? inner() : -1);
}

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value function;
  napi_create_function(env, "openByCall", 10, open_by_call, NULL, &function);
  napi_set_named_property(env, exports, "openByCall", function);
  napi_create_function(env, "openByPointer", 13, open_by_pointer, NULL, &function);
  napi_set_named_property(env, exports, "openByPointer", function);
  napi_create_function(env, "openInLibrary", 13, open_in_library, NULL, &function);
  napi_set_named_property(env, exports, "openInLibrary", function);
  return exports;
}
