#!/bin/sh
# Installs the Debian packages that the test suites use: run as root, as often as you like. No service is started.
#   gcc libc6-dev make g++   build shim, addon and test programs
#   strace                   test/servers/data-path.test.ts
#   libsocket-wrapper        test/servers: the reference
#   python3 netcat-openbsd   test/servers, examples: real programs
#   clang libclang-rt-dev     test/servers/fuzz.test.ts
#   sudo systemd             test/servers/switch.test.ts and activation.test.ts; systemd for systemd-socket-activate, it is not started
#   libpython3.11-testsuite  test/servers/python-suites.test.ts
#   the rest                 test/servers: what their tests are named after; apache2-utils has ab
set -eu

missing=
for package in \
  gcc libc6-dev make g++ clang libclang-rt-dev strace libsocket-wrapper python3 netcat-openbsd \
  apache2-utils \
  bind9-dnsutils \
  curl \
  dnsmasq-base \
  gunicorn \
  haproxy \
  iproute2 \
  libpython3.11-testsuite \
  memcached \
  nginx-light \
  openssh-client \
  openssh-server \
  postgresql \
  python3-uvicorn \
  redis-server \
  redis-tools \
  openssl \
  socat \
  sudo \
  systemd \
  tshark \
  samba smbclient samba-testsuite; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "missing packages:$missing; run this script as root" >&2
  exit 1
fi

# Packages of servers ask this file whether they may start them; 101 is no.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
