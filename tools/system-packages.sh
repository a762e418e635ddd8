#!/bin/sh
# Checks for programs that pip cannot install. As root, installs the missing
# ones; otherwise, prints the command that does.
set -eu
PATH=$PATH:/usr/sbin:/sbin
PYTHON=${PYTHON:-python3}
FOR_TESTS=${FOR_TESTS:-}

missing=
wanted=
servers=
need() { # program, Debian package
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
want() { # the same; without it, some tests are skipped
    command -v "$1" >/dev/null 2>&1 || wanted="$wanted $2"
}
want_server() { # the same, but the package has a service, which must not run: tests start their own
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
if [ -n "$FOR_TESTS" ]; then
    # Large, and not needed for crawling.
    want chromium chromium
    # Required by the Node.js that Playwright includes.
    ldconfig -p | grep -q libatomic.so.1 || wanted="$wanted libatomic1"
    want_server pdns_recursor pdns-recursor
    want_server unbound unbound
    want_server nginx nginx
    # Debian installs the server outside the PATH.
    PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
    want_server postgres postgresql
fi
"$PYTHON" -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"

[ -n "$missing$wanted$servers" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
    [ -z "$wanted$servers" ] || echo "Some tests are skipped; for them: sudo env FOR_TESTS=$FOR_TESTS sh $0" >&2
    [ -n "$missing" ] || exit 0
    echo "Missing programs; install them with: sudo apt-get install$missing" >&2
    exit 1
fi
echo "Installing:$missing$wanted$servers"
export DEBIAN_FRONTEND=noninteractive
install() {
    [ $# -eq 0 ] || apt-get -qq install --no-install-recommends --yes "$@" >/dev/null
}
apt-get -qq update
# shellcheck disable=SC2086  # lists of words
install $missing $wanted
[ -n "$servers" ] || exit 0
# Debian starts a service when it is installed, and at each boot.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    trap 'exit 1' HUP INT TERM
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod 755 $policy
fi
# shellcheck disable=SC2086
install $servers
for server in $servers; do
    # The helper runs in scripts of packages only.
    DPKG_MAINTSCRIPT_PACKAGE=$server deb-systemd-helper disable "$server.service"
    [ ! -e "/etc/init.d/$server" ] || update-rc.d "$server" disable
done
