#!/usr/bin/env bash
# How often `regress ab`, Criterion's own comparison and critcmp are right, on benchmarks whose true change is known
# (fixtures/known-changes), with a process beside them that loads one core.
#
#     scripts/ab_campaign.sh [RUNS]           20 runs; appends a line of JSON a run to $LINES, and prints the table
#     scripts/ab_campaign.sh --table FILE…    the table of the lines of several campaigns together
#
# In each run, within the same minutes: `regress ab` with a seed of its own; `cargo bench -- --save-baseline base` at the old commit
# and then `cargo bench -- --baseline-lenient base` at the new one (which says the same as `--baseline`, and doesn't stop at the
# benchmark that is new); and critcmp on what these two saved. Everything is built beforehand.
#
# The environment may say:
#   THRESHOLD       percent, of ab and critcmp (5: below the smallest true change)
#   BUDGET          of ab (10m)
#   CLOCK           given to ab as --clock, if set
#   CRITERION_ARGS  given to ab after `--`, if set
#   FIRST           the first run's number and seed (1), to go on with a campaign
#   LOAD            0: no process that loads a core
#   LINES           where the lines go (ab-campaign.jsonl)
#   REGRESS         the binary (regress); CRITCMP: critcmp's, which is installed into the target folder otherwise
#
# Needs cargo, git, python3, and crates.io or what cargo has cached.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "${1:-}" = --table ]; then
    shift
    exec python3 "$scripts/ab_lines.py" table "$@"
fi
runs=${1:-20} first=${FIRST:-1} threshold=${THRESHOLD:-5} budget=${BUDGET:-10m}
lines=$(realpath "${LINES:-ab-campaign.jsonl}")
regress=$(realpath "$(command -v "${REGRESS:-regress}")")
tools=$(realpath -m "${CARGO_TARGET_DIR:-$scripts/../target}/ci-tools")
# shellcheck source=scripts/ab_lib.sh
. "$scripts/ab_lib.sh"

critcmp=${CRITCMP:-$tools/bin/critcmp}
if ! [ -x "$critcmp" ]; then
    cargo install --quiet --locked --root "$tools" critcmp@0.1.8
fi
work=$(mktemp -d)
load=
trap 'stop_load; rm -rf "$work"' EXIT
repository "$work/new" 's/IS_CANDIDATE: bool = false/IS_CANDIDATE: bool = true/'
git clone -q --branch old "$work/new" "$work/old"
echo "building" >&2
for side in old new; do (cd "$work/$side" && CARGO_TARGET_DIR=$work/target cargo bench --quiet --no-run); done
options_of_ab
# Built with one round of one benchmark, whose verdict nobody asks for.
(cd "$work/new" && "$regress" ab old --head new --filter '^same/spin/ns$' --rounds 1 >/dev/null 2>&1) || [ $? -ne 2 ]
start_load

# bench OUTPUT FLAG…: in one target folder for both sides, which share what they depend on.
bench() {
    local out=$1 code=0
    shift
    CARGO_TARGET_DIR=$work/target cargo bench --quiet -- --noplot --warm-up-time 0.5 --measurement-time 1 "$@" >"$out" 2>&1 || code=$?
    # The one that crashes makes it fail.
    [ "$code" -eq 0 ] || grep -q 'what a pity' "$out" || { cat "$out" >&2 && return "$code"; }
}

for run in $(seq "$first" $((first + runs - 1))); do
    cd "$work/new"
    began=$(date +%s)
    ab "$run" "$work/report.json"
    between=$(date +%s)
    rm -rf "$work/criterion"
    (cd "$work/old" && CRITERION_HOME=$work/criterion bench "$work/old.txt" --save-baseline base)
    CRITERION_HOME=$work/criterion bench "$work/new.txt" --baseline-lenient base
    ended=$(date +%s)
    # critcmp fails where it has nothing to show.
    CRITERION_HOME='' "$critcmp" --target-dir "$work" --color never --threshold "$threshold" base new \
        >"$work/critcmp.txt" 2>"$work/critcmp.log" || grep -q 'no benchmark comparisons' "$work/critcmp.log" ||
        { cat "$work/critcmp.log" >&2 && exit 2; }
    python3 "$scripts/ab_lines.py" line --run "$run" --threshold "$threshold" --load "${LOAD:-1}" --clock "${CLOCK:-}" \
        --seconds-ab $((between - began)) --seconds-criterion $((ended - between)) \
        --report "$work/report.json" --criterion "$work/new.txt" --critcmp "$work/critcmp.txt" >>"$lines"
    echo "run $run: ab $((between - began)) s, Criterion $((ended - between)) s" >&2
done
python3 "$scripts/ab_lines.py" table "$lines"
