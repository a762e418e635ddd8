#!/bin/sh
# Backs up crawls and summaries. A crawl and the website may be running.
#
#     deploy/backup.sh CRAWLS BACKUP [FILE …]
#
# CRAWLS is OUTPUT_DIR. Copies finished crawls, the one in progress (current), the SQLite database
# of summaries, and downloaded lists with their notes, but not files that `scrapy export` can write
# again. Skips finished crawls that have been copied before. Each FILE, such as the opt-out file,
# must be an absolute path and is copied to BACKUP/files.
set -eu
[ $# -ge 2 ] || { echo "usage: backup.sh CRAWLS BACKUP [FILE ...]" >&2; exit 2; }
crawls=$1 backup=$2
shift 2
command -v sqlite3 >/dev/null || { echo "sqlite3 not found. Install it with: apt-get install sqlite3" >&2; exit 2; }
[ -d "$crawls" ] || { echo "$crawls is not a folder. Pass OUTPUT_DIR" >&2; exit 2; }

# VACUUM INTO copies within one read transaction, so the copy is consistent. The copy is written
# next to its destination and then renamed, so a file with the final name is always complete.
copy() { # from, to
    mkdir -p "$(dirname "$2")"
    rm -f "$2.part"
    sqlite3 -readonly "$1" "VACUUM INTO '$(printf %s "$2.part" | sed "s/'/''/g")'"
    touch -r "$1" "$2.part"
    mv "$2.part" "$2"
    echo "$2"
}

for file in "$crawls"/ips-*.db; do
    name=$(basename "$file")
    [ -e "$file" ] || continue
    if [ ! -e "$backup/$name" ] || [ "$file" -nt "$backup/$name" ]; then
        copy "$file" "$backup/$name"
    fi
done
for file in "$crawls/matrix.db" "$crawls/current/ips.db"; do
    if [ -e "$file" ]; then
        copy "$file" "$backup/${file#"$crawls"/}"
    fi
done
if [ ! -e "$crawls/current/ips.db" ]; then
    # That crawl has finished and was copied above.
    rm -f "$backup/current/ips.db"
fi
if [ -d "$crawls/lists" ]; then
    mkdir -p "$backup/lists"
    cp -Rpu "$crawls/lists/." "$backup/lists/"
fi
for file; do
    case $file in /*) ;; *) echo "$file is not an absolute path. Begin it with /" >&2; exit 2 ;; esac
    [ -e "$file" ] || { echo "$file does not exist and was not copied" >&2; continue; }
    mkdir -p "$backup/files$(dirname "$file")"
    cp -p "$file" "$backup/files$file.part"
    mv "$backup/files$file.part" "$backup/files$file"
done
