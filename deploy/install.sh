#!/bin/sh
# Installs units, users, sysctls and log rotation where Debian expects them. Existing files under
# /etc/ipv6matrix are left unchanged.
#
#     sudo deploy/install.sh
#
# DESTDIR is prepended to each path.
set -eu
cd "$(dirname "$0")"
root=${DESTDIR:-}

install -d "$root/etc/systemd/system" "$root/etc/sysusers.d" "$root/etc/sysctl.d" "$root/etc/logrotate.d"
install -m 0644 systemd/* "$root/etc/systemd/system/"
install -m 0644 sysusers.d/ipv6matrix.conf "$root/etc/sysusers.d/"
install -m 0644 sysctl.d/60-ipv6matrix.conf "$root/etc/sysctl.d/"
install -m 0644 logrotate/ipv6matrix "$root/etc/logrotate.d/"

if [ -z "$root" ]; then
    systemd-sysusers /etc/sysusers.d/ipv6matrix.conf
    sysctl --quiet --load /etc/sysctl.d/60-ipv6matrix.conf
    install -d -m 0750 -o ipv6matrix -g ipv6matrix /var/lib/ipv6matrix /var/backups/ipv6matrix
fi
install -d "$root/etc/ipv6matrix"
for file in crawl.env web.env worker.env; do
    [ -e "$root/etc/ipv6matrix/$file" ] || install -m 0640 "etc/$file" "$root/etc/ipv6matrix/"
    [ -n "$root" ] || chgrp ipv6matrix "/etc/ipv6matrix/$file"
done
[ -n "$root" ] || systemctl daemon-reload
