/* SPDX-License-Identifier: MIT
 * world <what> [name ...]: names, interfaces and the name server as a process of a network sees them.
 * cc: -lresolv */
#include <arpa/nameser.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <net/route.h>
#include <netdb.h>
#include <netpacket/packet.h>
#include <resolv.h>

#include "../transcript.h"

static const char *address_text(const struct sockaddr *a) {
  static char out[4][INET6_ADDRSTRLEN];
  static int next;
  char *text = out[next++ & 3];
  if (!a) return "nothing";
  if (a->sa_family == AF_INET) return inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, text, INET6_ADDRSTRLEN);
  if (a->sa_family == AF_INET6) return inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)a)->sin6_addr, text, INET6_ADDRSTRLEN);
  const struct sockaddr_ll *link = (const struct sockaddr_ll *)a;
  snprintf(text, INET6_ADDRSTRLEN, "link %d type %d %02x:%02x:%02x:%02x:%02x:%02x", link->sll_ifindex, link->sll_hatype, link->sll_addr[0],
           link->sll_addr[1], link->sll_addr[2], link->sll_addr[3], link->sll_addr[4], link->sll_addr[5]);
  return text;
}

static void look_up(const char *name, const char *what, int family, int flags) {
  struct addrinfo hints = {.ai_family = family, .ai_flags = flags, .ai_socktype = SOCK_STREAM}, *list;
  char line[512] = "";
  int result = getaddrinfo(name, "80", &hints, &list);
  if (result) {
    say("%s, %s: %s", name, what, gai_strerror(result));
    return;
  }
  for (struct addrinfo *a = list; a; a = a->ai_next) strcat(strcat(line, " "), address_text(a->ai_addr));
  say("%s, %s:%s%s%s", name, what, line, list->ai_canonname ? ", called " : "", list->ai_canonname ? list->ai_canonname : "");
  freeaddrinfo(list);
}

static void look_back(const char *address) {
  struct name n = name_of(strchr(address, ':') ? AF_INET6 : AF_INET, address, 443);
  char host[NI_MAXHOST], service[NI_MAXSERV];
  int result = getnameinfo(sa(&n), n.length, host, sizeof host, service, sizeof service, NI_NAMEREQD);
  say("%s: %s", address, result ? gai_strerror(result) : host);
  result = getnameinfo(sa(&n), n.length, host, sizeof host, service, sizeof service, 0);
  say("  or %s %s", result ? gai_strerror(result) : host, service);
  const void *bytes =
      n.at.ss_family == AF_INET ? (const void *)&((struct sockaddr_in *)&n.at)->sin_addr : &((struct sockaddr_in6 *)&n.at)->sin6_addr;
  struct hostent *entry = gethostbyaddr(bytes, n.at.ss_family == AF_INET ? 4 : 16, n.at.ss_family);
  say("  gethostbyaddr: %s", entry ? entry->h_name : hstrerror(h_errno));
}

static void look_up_old(const char *name) {
  char text[INET6_ADDRSTRLEN];
  for (int v6 = 0; v6 < 2; v6++) {
    struct hostent *entry = v6 ? gethostbyname2(name, AF_INET6) : gethostbyname(name);
    if (entry)
      say("  gethostbyname: %s %s", entry->h_name, inet_ntop(entry->h_addrtype, entry->h_addr_list[0], text, sizeof text));
    else
      say("  gethostbyname: %s", hstrerror(h_errno));
  }
}

static void say_names(int count, char **names) {
  for (int i = 0; i < count; i++) {
    if (strchr("0123456789:", names[i][0]) || strchr(names[i], ':')) {
      look_back(names[i]);
      continue;
    }
    look_up(names[i], "all", AF_UNSPEC, AI_CANONNAME);
    look_up(names[i], "IPv4", AF_INET, AI_ADDRCONFIG);
    look_up(names[i], "IPv6", AF_INET6, AI_ADDRCONFIG);
    look_up(names[i], "IPv6 or mapped", AF_INET6, AI_V4MAPPED);
    look_up(names[i], "IPv6 and mapped", AF_INET6, AI_V4MAPPED | AI_ALL);
    look_up(names[i], "numeric", AF_UNSPEC, AI_NUMERICHOST);
    look_up_old(names[i]);
  }
}

static void say_questions(int count, char **names) {
  for (int i = 0; i < count; i++) {
    unsigned char answer[512];
    ns_msg message;
    ns_rr record;
    int size = res_query(names[i], ns_c_in, strstr(names[i], ".arpa") ? ns_t_ptr : ns_t_a, answer, sizeof answer);
    if (size < 0) {
      say("%s: %s", names[i], hstrerror(h_errno));
      continue;
    }
    must(ns_initparse(answer, size, &message) == 0 && ns_parserr(&message, ns_s_an, 0, &record) == 0);
    char text[512];
    if (ns_rr_type(record) == ns_t_a)
      inet_ntop(AF_INET, ns_rr_rdata(record), text, sizeof text);
    else
      must(ns_name_uncompress(answer, answer + size, ns_rr_rdata(record), text, sizeof text) > 0);
    say("%s: first of %d, type %d %s", names[i], ns_msg_count(message, ns_s_an), ns_rr_type(record), text);
  }
  unsigned char answer[512];
  must(res_search("web", ns_c_in, ns_t_mx, answer, sizeof answer) == -1);
  say("res_search for MX: %s", hstrerror(h_errno));
  say("res_querydomain: %d bytes", res_querydomain("api", "example", ns_c_in, ns_t_a, answer, sizeof answer));
}

static void say_interfaces(void) {
  struct ifaddrs *list;
  must(getifaddrs(&list) == 0);
  for (struct ifaddrs *a = list; a; a = a->ifa_next)
    say("%s flags %x: %s mask %s other %s", a->ifa_name, a->ifa_flags, address_text(a->ifa_addr), address_text(a->ifa_netmask),
        address_text(a->ifa_ifu.ifu_broadaddr));
  freeifaddrs(list);
  struct if_nameindex *names = if_nameindex();
  for (struct if_nameindex *n = names; n->if_name; n++) say("%u: %s", n->if_index, n->if_name);
  if_freenameindex(names);
  char name[IF_NAMESIZE];
  say("eth0 is %u, 1 is %s", if_nametoindex("eth0"), if_indextoname(1, name));
  check("no such name", if_nametoindex("eth7") ? 0 : -1);
  check("no such number", if_indextoname(9, name) ? 0 : -1);
}

static void say_requests(int fd, const char *what) {
  say("%s", what);
  struct ifreq rows[8], row;
  struct ifconf all = {.ifc_len = sizeof rows, .ifc_req = rows};
  must(ioctl(fd, SIOCGIFCONF, &all) == 0);
  for (int i = 0; i < all.ifc_len / (int)sizeof *rows; i++) say("%s %s", rows[i].ifr_name, address_text(&rows[i].ifr_addr));
  all = (struct ifconf){.ifc_buf = NULL};
  check("SIOCGIFCONF for the size", ioctl(fd, SIOCGIFCONF, &all));
  say("  %d", all.ifc_len / (int)sizeof *rows);
  for (int i = 1; i <= 2; i++) {
    row.ifr_ifindex = i;
    check("SIOCGIFNAME", ioctl(fd, SIOCGIFNAME, &row));
    check(row.ifr_name, ioctl(fd, SIOCGIFINDEX, &row));
    must(ioctl(fd, SIOCGIFFLAGS, &row) == 0);
    say("  flags %x", (unsigned)row.ifr_flags);
    must(ioctl(fd, SIOCGIFADDR, &row) == 0);
    say("  address %s", address_text(&row.ifr_addr));
    must(ioctl(fd, SIOCGIFNETMASK, &row) == 0);
    say("  mask %s", address_text(&row.ifr_netmask));
    must(ioctl(fd, SIOCGIFBRDADDR, &row) == 0);
    say("  broadcast %s", address_text(&row.ifr_broadaddr));
    must(ioctl(fd, SIOCGIFMTU, &row) == 0);
    say("  mtu %d", row.ifr_mtu);
    must(ioctl(fd, SIOCGIFHWADDR, &row) == 0);
    say("  hardware %d, last byte %d", row.ifr_hwaddr.sa_family, row.ifr_hwaddr.sa_data[5]);
  }
  strcpy(row.ifr_name, "eth7");
  check("no such interface", ioctl(fd, SIOCGIFADDR, &row));
  strcpy(row.ifr_name, "lo");
  row.ifr_mtu = 1000;
  check("a change", ioctl(fd, SIOCSIFMTU, &row));
  struct rtentry route = {.rt_flags = 0};
  check("a route", ioctl(fd, SIOCADDRT, &route));
}

int main(int count, char **arguments) {
  const char *what = count > 1 ? arguments[1] : "";
  if (strcmp(what, "names") == 0) say_names(count - 2, arguments + 2);
  if (strcmp(what, "questions") == 0) say_questions(count - 2, arguments + 2);
  if (strcmp(what, "interfaces") == 0) say_interfaces();
  if (strcmp(what, "requests") == 0) {
    struct ifreq row;
    say_requests(socket(AF_INET, SOCK_DGRAM, 0), "a UDP socket");
    say_requests(socket(AF_UNIX, SOCK_STREAM, 0), "a unix socket");
    check("no socket", ioctl(open("/dev/null", O_RDONLY), SIOCGIFADDR, &row));
    check("no descriptor", ioctl(-1, SIOCGIFADDR, &row));
  }
  say("end");
}
