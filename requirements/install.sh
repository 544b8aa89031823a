#!/bin/sh
# Builds a virtual environment with the packages of one hash-pinned list.
# Usage: requirements/install.sh FOLDER LIST      (e.g. .venv requirements/base.txt)
# PYTHON names the interpreter; otherwise the first of python3, python3.13, python3.12, python3.11 that is 3.11 or newer.
set -eu
venv=$1
list=$2

say() { printf '%s\n' "$*" >&2; }
recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
  for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
    if recent "$candidate"; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  say "No Python 3.11 or newer was found (tried: ${PYTHON:-python3 python3.13 python3.12 python3.11})."
  say "Install it, or name it: make PYTHON=/path/to/python3 ..."
  return 1
}

# Debian ships the module venv without ensurepip, which is in a package of its own.
install_debian_venv() {
  say "This Python cannot make virtual environments: Debian keeps that in the package python3-venv."
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "Installing python3-venv with apt-get ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get install -qq -y python3-venv >/dev/null 2>&1 || {
      apt-get update -qq >/dev/null && apt-get install -qq -y python3-venv >/dev/null
    }
  else
    say "Install it and try again:  sudo apt-get install python3-venv"
    return 1
  fi
}

make_venv() {
  python=$(find_python)
  "$python" -c 'import ensurepip, venv' 2>/dev/null || install_debian_venv
  "$python" -m venv "$venv"
}

# pip says little when told to be quiet and far too much when not: count what it has got so far.
watch_pip() {
  wanted=$(grep -c '==' "$list")
  shown=-1
  waited=0
  while kill -0 "$1" 2>/dev/null; do
    got=$(grep -c '^Collecting ' "$log" || true)
    if [ "$got" -ne "$shown" ] && { [ -t 2 ] || [ $((waited % 5)) -eq 0 ]; }; then
      if [ -t 2 ]; then
        printf '\r  %s of at most %s packages ' "$got" "$wanted" >&2
      else
        say "  $got of at most $wanted packages"
      fi
      shown=$got
    fi
    sleep 1
    waited=$((waited + 1))
  done
  [ ! -t 2 ] || printf '\n' >&2
}

log=$(mktemp)
pip=
finish() {
  [ -z "$pip" ] || kill "$pip" 2>/dev/null || true
  rm -f "$log"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# A half-made environment, or one whose Python is gone, is made again.
"$venv/bin/python" -m pip --version >/dev/null 2>&1 || { rm -rf "$venv"; make_venv; }

say "Installing the packages of $list into $venv (a minute or so the first time) ..."
"$venv/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$list" >"$log" 2>&1 &
pip=$!
watch_pip "$pip"
if wait "$pip"; then
  pip=
  say "Packages are in $venv."
else
  pip=
  say "pip failed; its last lines:"
  tail -n 20 "$log" >&2
  exit 1
fi
