#!/bin/sh
# Write constraints.txt and constraints-dev.txt: the newest versions that requirements*.txt allow, pinned, with the
# hashes of all files of each release, so that every Python from 3.11 on and every architecture installs the same.
# UPGRADE=no keeps the current versions, and only adds or removes packages.
set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

"$python" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --disable-pip-version-check uv
# uv ignores pip's configuration files and environment variables.
index=$("$scratch/venv/bin/python" -m pip config get global.index-url 2>/dev/null) || index=${PIP_INDEX_URL:-}
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
[ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"

compile() { # requirements, result, further options
    requirements=$1 result=$2
    shift 2
    # uv prefers the versions of an existing output file.
    [ "${UPGRADE:-yes}" = yes ] || cp "$result" "$scratch/$result" 2>/dev/null || true
    "$scratch/venv/bin/uv" pip compile "$requirements" --output-file "$scratch/$result" --quiet --universal \
        --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url "$@"
    {
        echo "# Written by \`make lock\` from $requirements; change that instead. \`make setup\` installs exactly this."
        cat "$scratch/$result"
    } > "$scratch/with-header"
    mv "$scratch/with-header" "$result"
}

compile requirements.txt constraints.txt
# A package that requirements.txt needs on some systems only may be needed by requirements-dev.txt on all.
omit=$(sed -n 's/^\([a-zA-Z0-9._-]*\)==[^;]*$/--no-emit-package \1/p' constraints.txt)
# shellcheck disable=SC2086  # a list of options
compile requirements-dev.txt constraints-dev.txt --constraints constraints.txt $omit
grep -c '==' constraints.txt constraints-dev.txt
