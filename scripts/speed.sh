#!/usr/bin/env bash
# Measures `regress check` beside critcmp and beside a loop that only reads the same files, all in one run.
#
#   scripts/speed.sh GEN_TREE.py [WORK_DIR]
#
# GEN_TREE.py writes the trees. Needs hyperfine, critcmp, strace and python3 on the path; the cold part needs root and a loop
# device, and is left out without them. Prints ratios: the machine's own speed cancels out, its load doesn't.
set -euo pipefail

gen_tree=${1:?usage: scripts/speed.sh GEN_TREE.py [WORK_DIR]}
work=${2:-$(mktemp -d)}
runs=${RUNS:-10}
cd "$(dirname "$0")/.."
mkdir -p "$work"

cargo build --release --quiet --bin regress --example bare_loop
target=${CARGO_TARGET_DIR:-target}
regress=$(realpath "$target/release/regress")
bare_loop=$(realpath "$target/release/examples/bare_loop")
threads=32 # as many as regress has

# make_tree N: N benchmarks with two baselines, and the list of the files that a comparison needs
make_tree() {
  local tree="$work/$1/criterion"
  [ -d "$tree" ] || python3 "$gen_tree" "$tree" --benches "$1" --baselines base,new
  find "$tree" \( -path '*/new/*' -o -path '*/base/*' \) \( -name sample.json -o -name benchmark.json \) > "$work/$1.list"
}

# median_of JSON INDEX: the median seconds of one command
median_of() { python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["results"][int(sys.argv[2])]["median"])' "$1" "$2"; }
ratio() { python3 -c 'import sys; print(f"{float(sys.argv[1]) / float(sys.argv[2]):.2f}")' "$1" "$2"; }

# side_by_side N TREE EXTRA…: regress, critcmp and the bare loop on one tree
side_by_side() {
  local n=$1 tree=$2
  shift 2
  hyperfine -N --style none --export-json "$work/result.json" "$@" \
    "$regress check --no-config --dir $tree/criterion" \
    "critcmp --target-dir $tree base new" \
    "$bare_loop $work/$n.list $threads" > /dev/null 2>&1
  local ours theirs bare
  ours=$(median_of "$work/result.json" 0) theirs=$(median_of "$work/result.json" 1) bare=$(median_of "$work/result.json" 2)
  echo "  regress ${ours} s, critcmp ${theirs} s, bare loop ${bare} s"
  echo "  critcmp / regress: $(ratio "$theirs" "$ours")   regress / bare loop: $(ratio "$ours" "$bare")"
}

for n in 1000 10000 50000; do
  make_tree "$n"
  echo "$n benchmarks x 2 baselines, warm cache, median of $runs runs"
  side_by_side "$n" "$work/$n" --warmup 2 --runs "$runs"
  peak=$(/usr/bin/time -f %M "$regress" check --no-config --dir "$work/$n/criterion" 2>&1 > /dev/null | tail -1)
  echo "  peak memory: $((peak / 1024)) MiB"
done

strace -f -c -o "$work/strace" "$regress" check --no-config --dir "$work/10000/criterion" > /dev/null
calls=$(awk '$NF == "total" { print $(NF - 2) }' "$work/strace")
echo "system calls a benchmark, at 10000: $(ratio "$calls" 10000)"

if [ "$(id -u)" = 0 ] && [ -e /dev/loop-control ]; then
  image="$work/disk.img" mount="$work/mount"
  mkdir -p "$mount"
  truncate -s 2G "$image"
  mkfs.ext4 -q -F -N 400000 "$image"
  mount -o loop "$image" "$mount"
  trap 'umount "$mount" 2> /dev/null || true; rm -f "$image"' EXIT
  cp -r "$work/10000/criterion" "$mount/criterion"
  sed "s|$work/10000|$mount|" "$work/10000.list" > "$work/cold.list"
  echo "10000 benchmarks x 2 baselines, cold cache (an image that is unmounted before each run), median of 3"
  cold="bash -c 'umount $mount; sync; echo 3 > /proc/sys/vm/drop_caches; mount -o loop $image $mount'"
  side_by_side cold "$mount" --warmup 0 --runs 3 --prepare "$cold"
else
  echo "cold cache: left out, as it needs root and a loop device"
fi
