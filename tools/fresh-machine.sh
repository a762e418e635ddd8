#!/bin/sh
# Run a target of the Makefile on a minimal Debian with only git, make and python3:
#     tools/fresh-machine.sh bookworm|trixie demo|test
# Clones the committed state into a root file system made by debootstrap. Requires root, debootstrap and some gigabytes
# below FRESH (default: /var/tmp/ipv6matrix-fresh). Uses the mirrors and certificates of this machine: those of apt,
# unless MIRROR is set, and those of pip.
set -eu
suite=${1:-} verb=${2:-}
case $suite-$verb in
    bookworm-demo | bookworm-test | trixie-demo | trixie-test) ;;
    *) echo "Usage: $0 bookworm|trixie demo|test" >&2 && exit 2 ;;
esac
[ "$(id -u)" -eq 0 ] || { echo "Not root: run sudo $0 $suite $verb" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "debootstrap not found: apt-get install debootstrap" >&2; exit 1; }

project=$(cd "$(dirname "$0")/.." && pwd)
fresh=${FRESH:-/var/tmp/ipv6matrix-fresh}
mirror=${MIRROR:-$(apt-get indextargets --format '$(CREATED_BY) $(LABEL) $(REPO_URI)' | sed -n 's/^Packages Debian //p' | head -n 1)}
[ -n "$mirror" ] || { echo "No mirror of Debian in apt's sources: name one with MIRROR=" >&2; exit 1; }

base=$fresh/$suite.base root=$fresh/$suite
mkdir -p "$fresh/packages"
if [ ! -e "$base/ready" ]; then
    rm -rf "$base"
    debootstrap --variant=minbase --include=git,make,python3 --cache-dir="$fresh/packages" "$suite" "$base" "$mirror"
    touch "$base/ready"
fi
rm -rf "$root"
cp --archive "$base" "$root"
git clone --quiet --no-hardlinks "$project" "$root/root/ipv6matrix"

# Let the new machine reach the same mirrors.
cp /etc/resolv.conf "$root/etc/resolv.conf"
certificates=${PIP_CERT:-$(python3 -m pip config get global.cert 2>/dev/null || true)}
index=${PIP_INDEX_URL:-$(python3 -m pip config get global.index-url 2>/dev/null || true)}
[ -z "$certificates" ] || cp "$certificates" "$root/root/certificates.pem"
[ ! -e /etc/apt/apt.conf ] || cp /etc/apt/apt.conf "$root/etc/apt/"

set -- env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin
[ -z "$certificates" ] || set -- "$@" PIP_CERT=/root/certificates.pem
[ -z "$index" ] || set -- "$@" PIP_INDEX_URL="$index"
for name in http_proxy https_proxy no_proxy PYTEST_ADDOPTS; do
    eval "value=\${$name:-}"
    [ -z "$value" ] || set -- "$@" "$name=$value"
done

# All processes and mounts end with this one. The root is not a mount point, as in many containers.
# shellcheck disable=SC2016  # $0 and $@ are expanded by the inner shell
exec unshare --mount --pid --fork --kill-child sh -euc '
    mount -t proc proc "$0/proc"
    mount --rbind /sys "$0/sys"
    mount --rbind /dev "$0/dev"
    exec chroot "$0" "$@"
' "$root" "$@" make --directory /root/ipv6matrix "$verb"
