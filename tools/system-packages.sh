#!/bin/sh
# Checks for programs that pip cannot install. As root, installs the missing
# ones; otherwise, prints the command that does.
set -eu
PATH=$PATH:/usr/sbin:/sbin
PYTHON=${PYTHON:-python3}

missing=
wanted=
servers=
need() { # program, Debian package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
want() { # the same; without it, some tests are skipped
    command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}
want_server() { # the same, but installing it starts a server, unless policy-rc.d forbids that, as in containers
    command -v "$1" >/dev/null 2>&1 || servers="$servers $2"
}
need mtr-packet mtr-tiny
need ip iproute2
need nft nftables
want curl curl
want mariadbd mariadb-server-core
want my_print_defaults mariadb-client-core
want apache2 apache2-bin
want logrotate logrotate
want sqlite3 sqlite3
want setcap libcap2-bin
if [ -n "${FOR_TESTS:-}" ]; then
    # Large, and not needed for crawling.
    want chromium chromium
    # Required by the Node.js that Playwright includes.
    ldconfig -p | grep -q libatomic.so.1 || wanted="$wanted libatomic1"
fi
want_server pdns_recursor pdns-recursor
want_server unbound-checkconf unbound
want_server nginx nginx-light
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"

[ -x /usr/sbin/policy-rc.d ] && wanted=$wanted$servers servers=
[ -z "$servers" ] || echo "Some tests are skipped; for them, where these servers may run: apt-get install$servers" >&2
[ -n "$missing$wanted" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    [ -z "$wanted" ] || echo "Some tests are skipped; for them: sudo apt-get install$wanted" >&2
    [ -n "$missing" ] || exit 0
    echo "Missing programs; install them with: sudo apt-get install$missing" >&2
    exit 1
fi
missing=$missing$wanted
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# shellcheck disable=SC2086  # a list of words
apt-get -qq install --no-install-recommends --yes $missing >/dev/null
