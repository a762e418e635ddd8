#!/bin/sh
# Restores a backup made by backup.sh. Never replaces existing files.
#
#     deploy/restore.sh BACKUP CRAWLS [ROOT]
#
# Checks each database first and exits with status 1 if one is damaged. With ROOT, it also restores
# the files under BACKUP/files, below that folder: / to put them back, any other to inspect them.
set -eu
[ $# -eq 2 ] || [ $# -eq 3 ] || { echo "usage: restore.sh BACKUP CRAWLS [ROOT]" >&2; exit 2; }
backup=$1 crawls=$2 root=${3:-}
command -v sqlite3 >/dev/null || { echo "sqlite3 not found. Install it with: apt-get install sqlite3" >&2; exit 2; }
[ -d "$backup" ] || { echo "$backup is not a folder. Pass one written by backup.sh" >&2; exit 2; }

for file in "$backup"/ips-*.db "$backup/matrix.db" "$backup/current/ips.db"; do
    [ -e "$file" ] || continue
    to=$crawls/${file#"$backup"/}
    if [ -e "$to" ]; then
        echo "$to already exists and was not replaced"
        continue
    fi
    if [ "$(sqlite3 -readonly "$file" 'PRAGMA quick_check' 2>&1)" != ok ]; then
        echo "$file is damaged. Use another copy" >&2
        exit 1
    fi
    mkdir -p "$(dirname "$to")"
    cp -p "$file" "$to.part"
    mv "$to.part" "$to"
    echo "$to"
done
if [ -d "$backup/lists" ]; then
    mkdir -p "$crawls/lists"
    cp -Rpn "$backup/lists/." "$crawls/lists/"
fi
if [ -n "$root" ] && [ -d "$backup/files" ]; then
    # Line by line, so that names may contain spaces.
    (cd "$backup/files" && find . -type f ! -name '*.part') | while read -r file; do
        to=${root%/}/${file#./}
        if [ -e "$to" ]; then
            echo "$to already exists and was not replaced"
            continue
        fi
        mkdir -p "$(dirname "$to")"
        cp -p "$backup/files/$file" "$to.part"
        mv "$to.part" "$to"
        echo "$to"
    done
fi
