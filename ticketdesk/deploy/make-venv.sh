#!/bin/sh
# Makes the virtual environment: make-venv.sh PYTHON FOLDER. Says in one line what is missing when it cannot.
set -eu
python=$1
folder=$2

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Python 3.11 or newer is needed and $python was not found. If it has another name: make PYTHON=python3.12" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed; $python is $("$python" -V). If another is installed: make PYTHON=python3.12" >&2
    exit 1
fi
rm -rf "$folder"
if "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    "$python" -m venv "$folder"
    exit 0
fi
# Debian and Ubuntu keep ensurepip in a package of its own. An installed pip, virtualenv or uv will do as well.
if "$python" -m pip --version >/dev/null 2>&1 && "$python" -c 'import venv' 2>/dev/null; then
    "$python" -m venv --without-pip "$folder"
    "$python" -m pip --python "$folder/bin/python" install --quiet pip
elif "$python" -m virtualenv --version >/dev/null 2>&1; then
    "$python" -m virtualenv --quiet "$folder"
elif command -v uv >/dev/null 2>&1; then
    uv venv --quiet --seed --python "$python" "$folder"
else
    rm -rf "$folder"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Python's venv is missing. Install it first: sudo apt-get install python$version-venv" >&2
    exit 1
fi
