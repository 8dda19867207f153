#!/bin/sh
# Makes the virtual environment target/fastapi-venv with what the booking service under examples/fastapi needs. One that has these
# requirements already is left as it is. Needs python3 with its module venv, which setup.sh --tests installs.
set -eu
cd "$(dirname "$0")/.."

requirements=examples/fastapi/requirements.txt
venv=target/fastapi-venv
# What was installed last, written when all of it was there. Gone with the environment.
stamp=$venv/installed-requirements.txt

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# The interpreter is a link: it is run, because the one it leads to may be gone.
if cmp -s "$requirements" "$stamp" && "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi
say "installing the requirements of examples/fastapi into $venv"
python3 -m venv --clear "$venv" || fail "python3 could not make a virtual environment (its message is above): run scripts/setup.sh --tests"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" ||
    fail "pip could not install the requirements of examples/fastapi (its message is above): it takes the network, and Python 3.11 or newer"
cp "$requirements" "$stamp"
