#!/bin/sh
# Installs what Aforo needs and this machine lacks: a C compiler, libclang (to build Postgres' parser), a Postgres server with its
# extensions, Redis, and with --tests cargo-nextest, Python and Chromium. With --gate it installs what the gate on instructions needs: no
# servers, but valgrind and gungraun-runner (the latter into target/). What is there is left as it is; with everything there it changes
# nothing and ends at once.
# Uses apt, dnf or brew; as an ordinary user it asks sudo. Nothing is asked on standard input.
set -eu
cd "$(dirname "$0")/.."

# Built with the oldest Rust that Aforo supports, so it is pinned: a newer one may need a newer Rust.
nextest_version=0.9.143

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        fail "installing packages needs root, and there is no sudo. As root, run: $*"
    fi
}

# The places where sandbox/src/discovery.rs looks, so that both agree on what is installed.
have_postgres() {
    if have initdb && have postgres; then return 0; fi
    for bin in ${AFORO_PG_BINDIR:+"$AFORO_PG_BINDIR"} /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
        /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin /opt/local/lib/postgresql*/bin; do
        if [ -x "$bin/initdb" ] && [ -x "$bin/postgres" ]; then return 0; fi
    done
    return 1
}

# Fedora packages the extensions apart (btree_gist keeps the hotel's bookings from overlapping); everybody else with the server.
have_extensions() {
    ! have dnf || [ ! -d /usr/share/pgsql ] || [ -e /usr/share/pgsql/extension/btree_gist.control ]
}

# The one that sandbox/src/discovery.rs takes: what is named and nothing else, or the first on PATH, or the first where packages put it.
redis_program() (
    if [ -n "${AFORO_REDIS_SERVER:-}" ]; then
        [ -f "$AFORO_REDIS_SERVER" ] && [ -x "$AFORO_REDIS_SERVER" ] && echo "$AFORO_REDIS_SERVER"
        exit
    fi
    IFS=:
    for bin in $PATH /usr/bin /usr/sbin /usr/local/bin /usr/local/sbin /opt/homebrew/bin /opt/homebrew/opt/redis/bin \
        /opt/homebrew/opt/valkey/bin /usr/local/opt/redis/bin /opt/local/bin; do
        for program in "$bin/redis-server" "$bin/valkey-server"; do
            if [ -f "$program" ] && [ -x "$program" ]; then
                echo "$program"
                exit
            fi
        done
    done
    exit 1
)

have_redis() {
    redis_program >/dev/null
}

# Tests use what Redis has since 7, as rules for reading keys (%R~*) and CLUSTER ADDSLOTSRANGE. Valkey began with 7.2.
require_redis_for_tests() {
    program=$(redis_program)
    version=$("$program" --version | sed -n 's/^[^=]*v=\([0-9.]*\).*$/\1/p')
    case $version in
        [7-9].* | [1-9][0-9]*.*) ;;
        *) fail "the tests need Redis 7 or newer, or Valkey; $program is ${version:-of an unknown version}. Install a newer one (Ubuntu 22.04 and" \
            "Debian 11 have none; packages.redis.io does) and name its program in AFORO_REDIS_SERVER. Aforo itself needs no newer one." ;;
    esac
}

# Where the Rust package clang-sys looks for the library; and beside it the headers that clang brings, such as stdbool.h.
have_libclang() {
    if [ -n "${LIBCLANG_PATH:-}" ]; then return 0; fi
    for library in /usr/lib/llvm-*/lib/libclang*.so* /usr/lib/*-linux-*/libclang*.so* /usr/lib64/libclang*.so* \
        /usr/lib/libclang*.so* /usr/local/lib/libclang*.so* /opt/homebrew/opt/llvm*/lib/libclang.dylib /usr/local/opt/llvm*/lib/libclang.dylib \
        /Library/Developer/CommandLineTools/usr/lib/libclang.dylib \
        /Applications/Xcode.app/Contents/Developer/Toolchains/XcodeDefault.xctoolchain/usr/lib/libclang.dylib; do
        if [ -e "$library" ]; then have_clang_headers; return; fi
    done
    return 1
}

have_clang_headers() {
    # Apple's and Homebrew's libraries come with their headers.
    if [ "$(uname -s)" = Darwin ]; then return 0; fi
    for header in /usr/lib/llvm-*/lib/clang/*/include/stdbool.h /usr/lib/clang/*/include/stdbool.h \
        /usr/lib64/clang/*/include/stdbool.h /usr/local/lib/clang/*/include/stdbool.h; do
        if [ -e "$header" ]; then return 0; fi
    done
    return 1
}

# Debian keeps the making of virtual environments in a package of its own, without which there is a module venv that fails.
have_python() {
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1
}

# The names and places where reports/src/html/browser/chromium.rs looks.
have_chromium() {
    if [ -n "${AFORO_CHROMIUM:-}" ]; then return 0; fi
    for program in chromium chromium-browser google-chrome-stable google-chrome; do
        if have "$program"; then return 0; fi
    done
    [ -x /Applications/Chromium.app/Contents/MacOS/Chromium ] ||
        [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# Debian and Ubuntu number the packages, and have one number that everything else is built with: 14 on Debian 12.
usual_clang() {
    apt-cache depends libclang-dev | sed -n 's/^.*Depends: libclang-\([0-9]*\)-dev$/\1/p'
}

install_with_apt() {
    case $1 in
        postgres) packages=postgresql ;;
        redis) packages=redis-server ;;
        compiler) packages="gcc libc6-dev" ;;
        python) packages="python3 python3-venv" ;;
        chromium) packages=chromium ;;
        valgrind) packages="valgrind libc6-dbg" ;; # it cannot follow the C library without the symbols of its loader
        libclang) packages= ;; # named once the package lists are fresh
    esac
    if [ -z "${package_lists_are_fresh:-}" ]; then
        as_root apt-get update -q || fail "apt-get update failed: is the network there?"
        package_lists_are_fresh=yes
    fi
    if [ "$1" = libclang ]; then
        clang=$(usual_clang)
        [ -n "$clang" ] || fail "apt knows no package libclang-dev, which tells the number of libclang1-<number>"
        packages="libclang1-$clang libclang-common-$clang-dev"
    fi
    # shellcheck disable=SC2086  # several words are several packages
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
}

install_with_dnf() {
    case $1 in
        postgres) as_root dnf install -y postgresql-server postgresql-contrib ;;
        # Newer releases carry Valkey in its place.
        redis) as_root dnf install -y redis || as_root dnf install -y valkey ;;
        compiler) as_root dnf install -y gcc ;;
        python) as_root dnf install -y python3 ;;
        chromium) as_root dnf install -y chromium ;;
        valgrind) as_root dnf install -y valgrind ;;
        libclang) as_root dnf install -y clang-libs clang-resource-filesystem ;;
    esac
}

install_with_brew() {
    case $1 in
        postgres) brew install postgresql@17 ;;
        redis) brew install redis ;;
        libclang) brew install llvm ;;
        python) brew install python3 ;;
        chromium) brew install --cask chromium ;;
        compiler) fail "there is no C compiler. Install Apple's: xcode-select --install" ;;
        valgrind) fail "valgrind does not run on macOS. Instructions are counted on Linux; CI does it for every commit" ;;
    esac
}

# install <postgres|redis|compiler|libclang|python|chromium|valgrind> <what it is called> <what it is for>
install() {
    for manager in apt-get dnf brew; do
        if have "$manager"; then
            say "installing $2 with $manager: $3"
            "install_with_${manager%-get}" "$1" || fail "$manager could not install $2 (its message is above)"
            return
        fi
    done
    fail "$2 is missing ($3), and there is no apt-get, dnf or brew to install it with. Install it by hand and start again."
}

set_up_servers() {
    if ! have_postgres || ! have_extensions; then
        install postgres "PostgreSQL" "Aforo starts private servers from its programs; one that the package starts is left alone"
    fi
    if [ -n "${AFORO_REDIS_SERVER:-}" ] && ! have_redis; then
        fail "AFORO_REDIS_SERVER names $AFORO_REDIS_SERVER, which is no program. Name redis-server there, or unset it."
    fi
    have_redis || install redis "Redis" "Aforo starts private servers from its program; one that the package starts is left alone"

    # The packages said yes; make sure that what they brought is where Aforo looks for it.
    have_postgres || fail "PostgreSQL was installed, but not where Aforo looks. Name the directory of initdb in AFORO_PG_BINDIR."
    have_redis || fail "Redis was installed, but not where Aforo looks. Name its redis-server in AFORO_REDIS_SERVER."
}

set_up_tests() {
    require_redis_for_tests
    if ! have_python; then
        install python "Python" "tests profile Python programs, one of them the service under examples/fastapi"
        have_python || fail "Python was installed, but the python3 on PATH still cannot make virtual environments."
    fi
    if ! have_chromium; then
        install chromium "Chromium" "tests open report.html in it, without a window"
        have_chromium || fail "Chromium was installed, but not where the tests look. Name the program in AFORO_CHROMIUM."
    fi
    if ! cargo nextest --version >/dev/null 2>&1; then
        say "installing cargo-nextest, which runs the tests: it is built from source and takes some minutes"
        cargo install --locked "cargo-nextest@$nextest_version" || fail "cargo-nextest could not be built (the message is above)"
    fi
}

set_up_gate() {
    have valgrind || install valgrind "valgrind" "instructions are counted under it"
    # The library and its runner must be of one version: that of Cargo.lock.
    gungraun_version=$(sed -n '/^name = "gungraun"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock)
    runner=target/gungraun-runner
    if ! [ -x "$runner/bin/gungraun-runner" ] || ! grep -q "^\"gungraun-runner $gungraun_version " "$runner/.crates.toml"; then
        say "installing gungraun-runner $gungraun_version into $runner: it is built from source and takes a minute"
        # It starts valgrind and reads files: not worth the time that optimizing it takes.
        CARGO_PROFILE_DEV_DEBUG=0 cargo install --quiet --locked --debug --root "$runner" "gungraun-runner@$gungraun_version" ||
            fail "gungraun-runner could not be built (the message is above)"
    fi
}

have cargo || fail "Rust is missing. Install 1.95 or newer from https://rustup.rs and start again."
have cc || install compiler "a C compiler" "some Rust packages contain C"
have_libclang || install libclang "libclang" "Postgres' parser is built with it; without: cargo build --no-default-features"
case ${1:-} in
    --gate) set_up_gate ;;
    --tests)
        set_up_servers
        set_up_tests
        ;;
    *) set_up_servers ;;
esac
say "everything is there"
