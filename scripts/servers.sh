#!/bin/sh
# Installs the Debian packages that the test suites use: run as root, as often as you like.
#   gcc libc6-dev make g++   build shim, addon and test programs
#   strace                   test/servers/data-path.test.ts
#   libsocket-wrapper        test/servers: the reference
#   python3 netcat-openbsd   test/servers, examples: real programs
set -eu

missing=
for package in gcc libc6-dev make g++ strace libsocket-wrapper python3 netcat-openbsd; do
  dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
  echo "missing packages:$missing; run this script as root" >&2
  exit 1
fi
apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
