#!/bin/sh
# Makes the virtual environments of Python that tests need, under target/: of the booking service under examples/fastapi, and of the programs
# that read what Aforo writes (reports/consumers). One that has its requirements already is left as it is. Needs python3 with its module
# venv, which setup.sh --tests installs.
set -eu
cd "$(dirname "$0")/.."

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# environment <folder of the requirements> <virtual environment>
environment() {
    requirements=$1/requirements.txt
    venv=$2
    # What was installed last, written when all of it was there. Gone with the environment.
    stamp=$venv/installed-requirements.txt
    # The interpreter is a link: it is run, because the one it leads to may be gone.
    if cmp -s "$requirements" "$stamp" && "$venv/bin/python" -c '' 2>/dev/null; then
        return
    fi
    say "installing the requirements of $1 into $venv"
    python3 -m venv --clear "$venv" || fail "python3 could not make a virtual environment (its message is above): run scripts/setup.sh --tests"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" ||
        fail "pip could not install the requirements of $1 (its message is above): it takes the network, and Python 3.11 or newer"
    cp "$requirements" "$stamp"
}

environment examples/fastapi target/fastapi-venv
environment reports/consumers target/consumers-venv
