#!/bin/sh
# Builds the wheel and proves it in an environment that has nothing but it and its pinned needs.
# usage: sh tests/wheel_smoke.sh PYTHON   (from the repository's root)
set -eu
python=$1
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$python" -m hatchling build -t wheel -d "$work/dist" >/dev/null
"$python" -m venv "$work/env"
pip="$work/env/bin/python -m pip --disable-pip-version-check --quiet install"
$pip --no-deps --require-hashes -r requirements-build.txt
$pip --no-deps --require-hashes --no-build-isolation -r requirements.txt
$pip --no-deps "$work"/dist/xunqin-*.whl
cd "$work"
export XUNQIN_DATA_DIR="$work/var"
env/bin/xunqin --version
env/bin/xunqin demo --check --people 500
cd "$root"
echo "the wheel works"
