#!/bin/sh
# Counts the instructions of the hot paths under callgrind, and fails where they are more than 3 % above
# benches/instructions/baseline.json; exit code 3 says that they were counted in another environment than it. With BLESS=1 it writes that
# file anew instead: commit it, and say why. docs/benchmarks.md tells more.
set -eu
cd "$(dirname "$0")/.."

# 1 would say that a hot path grew.
sh scripts/setup.sh --gate || exit 2

# What an earlier run left would be taken for results of this one.
results=$PWD/target/gungraun
rm -rf "$results"

# Names of functions are all that is wanted of the symbols: lines take long to build.
export CARGO_PROFILE_BENCH_DEBUG=0

# Flags from outside would be another build than the baseline's; those of .cargo/config.toml hold.
unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS
GUNGRAUN_RUNNER=$PWD/target/gungraun-runner/bin/gungraun-runner GUNGRAUN_HOME=$results \
    cargo bench --locked -p aforo-hot-paths --bench instructions

if [ -n "${BLESS:-}" ]; then action=bless; else action=check; fi
cargo run --quiet --locked -p aforo-instructions -- "$action" "$results" benches/instructions/baseline.json
