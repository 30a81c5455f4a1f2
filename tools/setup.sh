#!/bin/sh
# Finds a Python that ModStation runs on and hands over to tools/setup.py.
# usage: PYTHON=python3 SYSTEM=install sh tools/setup.sh check|run|test
set -eu
cd "$(dirname "$0")/.."

suits() {
    command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3 python3.14 python3.13 python3.12 python3.11; do
        if suits "$candidate"; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

if ! python=$(find_python); then
    # A bare Debian has no Python at all: root may have it installed, everybody else gets the line.
    if [ "${SYSTEM:-install}" = install ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3 python3-venv
    fi
    if ! python=$(find_python); then
        echo "ModStation needs Python 3.11 or newer, and '${PYTHON:-python3}' is not that. On Debian 12 or newer:" >&2
        echo "    sudo apt-get install --yes python3 python3-venv" >&2
        echo "With another one installed, name it: make run PYTHON=/path/to/python3.12" >&2
        exit 1
    fi
fi
exec "$python" tools/setup.py "$@"
