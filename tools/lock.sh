#!/bin/sh
# Writes requirements.lock from pyproject.toml and tools/lock-build.txt from tools/lock-build.in: every package with
# version and hashes, for all platforms and for Python 3.11 and newer. Versions already locked are kept as long as they
# fit; `make lock ARGS=--upgrade` takes the newest.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "uv>=0.9"
compile() {
    "$folder/venv/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links "$@"
}
compile --extra dev --output-file requirements.lock ${ARGS:-} pyproject.toml
compile --allow-unsafe --output-file tools/lock-build.txt ${ARGS:-} tools/lock-build.in
