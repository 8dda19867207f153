#!/bin/sh
# Puts axe-core, with which the tests look for issues of accessibility in report.html, into target/axe. One of this version is left as
# it is. Needs python3 with its module venv, which setup.sh --tests installs; so it is taken from a Python package that carries it.
set -eu
cd "$(dirname "$0")/.."

# Carries axe-core 4.12.1.
package=axe-playwright-python==0.1.8
folder=target/axe
script=$folder/axe.min.js
# What was installed last, written when it was there.
stamp=$folder/installed-package.txt

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -s "$script" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$package" ]; then
    exit 0
fi
say "installing axe-core into $folder"
rm -rf "$folder"
python3 -m venv "$folder/venv" || fail "python3 could not make a virtual environment (its message is above): run scripts/setup.sh --tests"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$folder/package" "$package" ||
    fail "pip could not install $package (its message is above): it takes the network, and Python 3.8 or newer"
mv "$folder/package/axe_playwright_python/axe.min.js" "$script"
rm -rf "$folder/venv" "$folder/package"
printf '%s\n' "$package" >"$stamp"
