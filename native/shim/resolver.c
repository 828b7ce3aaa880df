/* SPDX-License-Identifier: MIT
 * getaddrinfo, getaddrinfo_a and getnameinfo in the fake world. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "enter.h"
#include "kernel.h"
#include "libc.h"
#include "lookup.h"

/* The libc makes the list for a numeric address: services, socket types and flags are its own business, and freeaddrinfo frees it. */
static int list_of(const struct address *a, bool mapped, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  char text[INET6_ADDRSTRLEN];
  bool v6 = !address_is_v4(a);
  struct addrinfo numeric = *hints;
  inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? a->bytes : a->bytes + 12, text, sizeof text);
  numeric.ai_flags = (hints->ai_flags & ~(AI_ADDRCONFIG | AI_CANONNAME | AI_V4MAPPED)) | AI_NUMERICHOST | (mapped ? AI_V4MAPPED : 0);
  return libc.getaddrinfo(text, service, &numeric, out);
}

/* Appends to the list the entries of those addresses that are of the family. 0 or EAI_. */
static int append(const struct lookup *found, bool v6, bool mapped, const char *service, const struct addrinfo *hints,
                  struct addrinfo **list) {
  for (u32 i = 0; i < found->count; i++) {
    if (address_is_v4(&found->addresses[i]) == v6) continue;
    while (*list) list = &(*list)->ai_next;
    int result = list_of(&found->addresses[i], mapped, service, hints, list);
    if (result != 0) return result;
  }
  return 0;
}

static int list_of_all(const struct lookup *found, const char *service, const struct addrinfo *hints, struct addrinfo **list) {
  if (hints->ai_family == AF_INET) return append(found, false, false, service, hints, list);
  if (hints->ai_family == AF_INET6) {
    int result = append(found, true, false, service, hints, list);
    bool mapped = (hints->ai_flags & AI_V4MAPPED) && (!*list || (hints->ai_flags & AI_ALL));
    return result == 0 && mapped ? append(found, false, true, service, hints, list) : result;
  }
  bool v6_first = found->count && !address_is_v4(&found->addresses[0]);
  int result = append(found, v6_first, false, service, hints, list);
  return result == 0 ? append(found, !v6_first, false, service, hints, list) : result;
}

static int list_of_found(const struct lookup *found, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  struct addrinfo *list = NULL;
  int result = list_of_all(found, service, hints, &list);
  if (result == 0 && !list) result = EAI_ADDRFAMILY;
  if (result == 0 && (hints->ai_flags & AI_CANONNAME) && !(list->ai_canonname = strdup(found->name))) result = EAI_MEMORY;
  if (result == 0) {
    *out = list;
    return 0;
  }
  if (list) freeaddrinfo(list);
  return result;
}

/* Wrong hints and services are told before a name is looked for. */
static int check_request(const char *service, const struct addrinfo *hints) {
  static const struct address probe = {.bytes = {[15] = 1}};
  struct addrinfo wide = *hints, *list = NULL;
  if (wide.ai_family == AF_INET || wide.ai_family == AF_INET6) wide.ai_family = AF_UNSPEC;
  int result = list_of(&probe, false, service, &wide, &list);
  if (result == 0) freeaddrinfo(list);
  return result;
}

/* Without a name: the addresses to bind, or the loopback's. In the order that glibc gives where both families work. */
static int list_of_nobody(const struct network *n, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  bool passive = hints->ai_flags & AI_PASSIVE;
  struct lookup both = {.count = 2};
  for (int i = 0; i < 2; i++) {
    bool v6 = (i == 0) != passive;
    both.addresses[i] = passive ? address_any(v6 ? AF_INET6 : AF_INET) : address_of_host(&n->world, n->world.host, v6, true);
  }
  return list_of_found(&both, service, hints, out);
}

/* "fe80::1%eth0": the libc knows the machine's interfaces only, but takes any number. */
static const char *number_scope(const char *name, char *out, size_t size) {
  const char *scope = strchr(name, '%');
  u32 index = scope ? if_nametoindex(scope + 1) : 0;
  size_t length = scope ? (size_t)(scope - name) : 0;
  if (!index || length + 12 > size) return name;
  memcpy(out, name, length);
  out[length] = '%', out[length + 1] = (char)('0' + index), out[length + 2] = 0; /* two interfaces */
  return out;
}

static int resolve(const struct network *n, const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
  struct lookup found;
  char scoped[INET6_ADDRSTRLEN + 16];
  bool nobody = !name || strcmp(name, "*") == 0;
  if (nobody && (!service || strcmp(service, "*") == 0 || (hints->ai_flags & AI_CANONNAME)))
    return libc.getaddrinfo(name, service, hints, out);
  int result = nobody || !lookup_is_numeric(name) ? check_request(service, hints) : 0;
  if (result != 0) return result;
  if (nobody) return list_of_nobody(n, service, hints, out);
  if (lookup_is_numeric(name)) return libc.getaddrinfo(number_scope(name, scoped, sizeof scoped), service, hints, out);
  if (hints->ai_flags & AI_NUMERICHOST) return EAI_NONAME;
  result = lookup_name(n, name, &found);
  if (result == -EAGAIN) return EAI_AGAIN;
  return result < 0 ? EAI_NONAME : list_of_found(&found, service, hints, out);
}

EXPORT int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict hints,
                       struct addrinfo **restrict out) {
  static const struct addrinfo none = {.ai_family = AF_UNSPEC, .ai_flags = AI_V4MAPPED};
  struct network *n = network_world();
  if (!n) return libc.getaddrinfo(name, service, hints, out);
  /* The fake hosts have both families, whatever the real machine has. */
  struct addrinfo both = hints ? *hints : none;
  both.ai_flags &= ~AI_ADDRCONFIG;
  return resolve(n, name, service, &both, out);
}

static void *notify_in_thread(void *argument) {
  struct sigevent event = *(struct sigevent *)argument;
  free(argument);
  event.sigev_notify_function(event.sigev_value);
  return NULL;
}

static void notify(const struct sigevent *event) {
  if (event->sigev_notify == SIGEV_SIGNAL) {
    siginfo_t info = {.si_signo = event->sigev_signo, .si_code = SI_ASYNCNL};
    info.si_pid = kernel_getpid();
    info.si_uid = getuid();
    info.si_value = event->sigev_value;
    kernel_call(SYS_rt_sigqueueinfo, info.si_pid, event->sigev_signo, (long)&info, 0, 0, 0);
  } else if (event->sigev_notify == SIGEV_THREAD) {
    struct sigevent *copy = malloc(sizeof *copy);
    pthread_t thread;
    if (!copy) return;
    *copy = *event;
    if (pthread_create(&thread, event->sigev_notify_attributes, notify_in_thread, copy) == 0)
      pthread_detach(thread);
    else
      free(copy);
  }
}

/* Nothing here waits, so the requests are done before it returns: gai_suspend, gai_error and gai_cancel find them so. */
EXPORT int getaddrinfo_a(int mode, struct gaicb *requests[], int count, struct sigevent *event) {
  if (!network_world()) return libc.getaddrinfo_a(mode, requests, count, event);
  if (mode != GAI_WAIT && mode != GAI_NOWAIT) {
    errno = EINVAL;
    return EAI_SYSTEM;
  }
  for (int i = 0; i < count; i++) {
    struct gaicb *r = requests[i];
    if (r) r->__return = getaddrinfo(r->ar_name, r->ar_service, r->ar_request, &r->ar_result);
  }
  if (mode == GAI_NOWAIT && event) notify(event);
  return 0;
}

/* The scope of a link-local address is an interface, of which the libc knows the machine's. */
static u32 take_scope(struct sockaddr_in6 *in6) {
  u32 scope = in6->sin6_scope_id;
  if (!IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) && !IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr)) return 0;
  in6->sin6_scope_id = 0;
  return scope;
}

static int name_address(const struct network *n, const struct sockaddr *from, socklen_t length, char *host, socklen_t host_room,
                        char *service, socklen_t service_room, int flags) {
  char text[LOOKUP_NAME_MAX + 1 + IF_NAMESIZE];
  struct sockaddr_storage copy = {.ss_family = AF_UNSPEC};
  u32 scope = 0;
  if (length > sizeof copy) return libc.getnameinfo(from, length, host, host_room, service, service_room, flags);
  memcpy(&copy, from, length);
  if (copy.ss_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) scope = take_scope((struct sockaddr_in6 *)&copy);
  int result =
      libc.getnameinfo((struct sockaddr *)&copy, length, text, sizeof text, service, service_room, (flags & ~NI_NAMEREQD) | NI_NUMERICHOST);
  if (result != 0) return result;
  struct address a;
  bool found = !(flags & NI_NUMERICHOST) && address_read((struct sockaddr *)&copy, length, copy.ss_family, &a) == 0 &&
               lookup_address(n, &a, text) == 0;
  if (!found && (flags & NI_NAMEREQD)) return EAI_NONAME;
  if (!found && scope) {
    char *end = text + strlen(text);
    *end++ = '%';
    if (!if_indextoname(scope, end)) return EAI_NONAME;
  }
  if (strlen(text) + 1 > host_room) return EAI_OVERFLOW;
  strcpy(host, text);
  return 0;
}

EXPORT int getnameinfo(const struct sockaddr *restrict from, socklen_t length, char *restrict host, socklen_t host_room,
                       char *restrict service, socklen_t service_room, int flags) {
  struct network *n = network_world();
  bool inet = from && length >= sizeof from->sa_family && (from->sa_family == AF_INET || from->sa_family == AF_INET6);
  if (!n || !inet || !host || !host_room) return libc.getnameinfo(from, length, host, host_room, service, service_room, flags);
  return name_address(n, from, length, host, host_room, service, service_room, flags);
}
