#!/bin/sh
# Installs what Python packages cannot bring, on Debian and Ubuntu, when run by root (or with sudo).
# usage: sh docs/system-packages.sh venv|test
set -eu
missing=""
case "${1:-}" in
venv) missing="python3-venv" ;;
test)
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
	command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
	fc-list 2>/dev/null | grep -qi cjk || missing="$missing fonts-noto-cjk fontconfig"
	;;
*) echo "usage: $0 venv|test" >&2; exit 2 ;;
esac
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null 2>&1 || { echo "please install:$missing" >&2; exit 0; }
if [ "$(id -u)" = 0 ]; then run=""
elif sudo -n true 2>/dev/null; then run="sudo"
else echo "please install:$missing" >&2; exit 0
fi
export DEBIAN_FRONTEND=noninteractive
$run apt-get update -qq
# shellcheck disable=SC2086 # a list of package names
$run apt-get install -y -qq --no-install-recommends $missing >/dev/null
