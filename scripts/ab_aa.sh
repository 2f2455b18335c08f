#!/usr/bin/env bash
# How often `regress ab` calls something changed that isn't: two commits of the same benchmarks (fixtures/known-changes, more than
# 20 of them), beside a process that loads one core.
#
#     scripts/ab_aa.sh [SUITES]           20 suites; appends a line of JSON a suite to $LINES, and prints the table
#     scripts/ab_aa.sh --table FILE…      the table of the lines of several
#
# The commits differ in one constant of the same length, which is linked in and never looked at by what is measured. Executables
# of equal hash would be told as such and their verdicts held back, so that nothing would be tried. The sides are built apart,
# each in a folder of its own, as ab always does; how far their machine code differs is printed.
#
# The environment may say THRESHOLD (5), BUDGET (10m), CLOCK, CRITERION_ARGS, FIRST, LOAD, LINES (ab-aa.jsonl) and REGRESS, as for
# scripts/ab_campaign.sh.
set -euo pipefail
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [ "${1:-}" = --table ]; then
    shift
    exec python3 "$scripts/ab_lines.py" aa-table "$@"
fi
suites=${1:-20} first=${FIRST:-1} threshold=${THRESHOLD:-5} budget=${BUDGET:-10m}
lines=$(realpath "${LINES:-ab-aa.jsonl}")
regress=$(realpath "$(command -v "${REGRESS:-regress}")")
# shellcheck source=scripts/ab_lib.sh
. "$scripts/ab_lib.sh"

work=$(mktemp -d)
load=
trap 'stop_load; rm -rf "$work"' EXIT
repository "$work/new" 's/mark of one side/mark of the rest/'
cd "$work/new"
options_of_ab
echo "building" >&2
"$regress" ab old --head new --filter '^same/spin/ns$' --rounds 1 >/dev/null 2>&1 || [ $? -ne 2 ]
python3 "$scripts/ab_lines.py" differ target/regress/base/target/release/deps target/regress/head/target/release/deps known
start_load
for suite in $(seq "$first" $((first + suites - 1))); do
    began=$(date +%s)
    ab "$suite" "$work/report.json"
    seconds=$(($(date +%s) - began))
    python3 "$scripts/ab_lines.py" line --run "$suite" --threshold "$threshold" --load "${LOAD:-1}" --clock "${CLOCK:-}" \
        --seconds-ab "$seconds" --report "$work/report.json" >>"$lines"
    echo "suite $suite: $seconds s" >&2
done
python3 "$scripts/ab_lines.py" aa-table "$lines"
