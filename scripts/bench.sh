#!/bin/sh
# The benchmark suite in several passes, so that before and after are measured in turns over minutes and a bad minute shows as a wide
# interval; then the table. PASSES is how many (3). Arguments go to the program that makes the table: --readme renews the README's.
# Ends with an error if a benchmark fails (twins that differ, say) or something was not measured. docs/benchmarks.md explains it.
set -eu
cd "$(dirname "$0")/.."

passes=${PASSES:-3}
started=$(date +%s)
say() { printf 'bench: %s\n' "$*" >&2; }
elapsed() { seconds=$(($(date +%s) - started)); printf '%d min %02d s' $((seconds / 60)) $((seconds % 60)); }

# Cargo knows best where it puts things; Criterion is told the same place.
target=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')
export CRITERION_HOME="$target/criterion"

# Passes of a run that was interrupted, or of older code, would be mixed with the new ones.
rm -rf "$CRITERION_HOME"/*/*/pass[0-9]* "$CRITERION_HOME"/*/*/*/pass[0-9]*

say "building"
cargo bench --locked -p aforo-bench-suite --no-run
started=$(date +%s)
pass=1
while [ "$pass" -le "$passes" ]; do
    say "pass $pass of $passes, after $(elapsed)"
    # Plots take time, so only the last pass draws them.
    plots=$([ "$pass" -eq "$passes" ] || printf %s --noplot)
    # shellcheck disable=SC2086 # no plots is no argument
    cargo bench --locked -p aforo-bench-suite -- --save-baseline "pass$pass" --quiet $plots
    pass=$((pass + 1))
done
say "$passes passes in $(elapsed)"
# Cargo builds it together with the benchmarks.
exec "$target/release/bench-summary" --target "$target" --passes "$passes" "$@"
