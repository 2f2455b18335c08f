#!/bin/sh
# Runs `regress ab` on a real crate of Criterion's whose changes are known, beside a process that loads one core.
#
#     scripts/ab.sh [RUNS]        prints what was told of each benchmark, a line a run and benchmark
#
# Needs cargo, git, python3, crates.io (or what cargo has cached), and `regress` on the path or in $REGRESS.
set -eu
runs=${1:-1}
regress=${REGRESS:-regress}
folder=$(mktemp -d)
while :; do :; done &
load=$!
trap 'kill $load; rm -rf "$folder"' EXIT
cd "$folder"
mkdir src benches
cat > Cargo.toml <<'TOML'
[package]
name = "known"
version = "0.0.0"
edition = "2021"
publish = false

[lib]
bench = false

[dev-dependencies]
criterion = { version = "0.8", default-features = false, features = ["cargo_bench_support"] }

[[bench]]
name = "cases"
harness = false

[workspace]
TOML
echo 'pub const IS_CANDIDATE: bool = false;' > src/lib.rs
cat > benches/cases.rs <<'RUST'
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn spin(n: u64) -> u64 {
    (0..n).fold(1, |x: u64, i| black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i)))
}

fn cases(c: &mut Criterion) {
    let is_new = known::IS_CANDIDATE;
    let percent = |n: u64, percent: i64| if is_new { (n as i64 * (100 + percent) / 100) as u64 } else { n };
    c.bench_function("same", |b| b.iter(|| spin(2_000)));
    c.bench_function("same/longer", |b| b.iter(|| spin(20_000)));
    c.bench_function("same (b)+[c]", |b| b.iter(|| spin(500)));
    c.bench_function("same/memory", |b| b.iter(|| vec![1_u8; 10_000].into_iter().map(u64::from).sum::<u64>()));
    for change in [10, 20, 40, -20] {
        c.bench_function(&format!("changed/{change}"), |b| b.iter(|| spin(percent(2_000, change))));
    }
    c.bench_function(if is_new { "added" } else { "removed" }, |b| b.iter(|| spin(10)));
    c.bench_function("crashes", |b| {
        assert!(!is_new, "what a pity");
        b.iter(|| spin(10));
    });
}

criterion_group!(benches, cases);
criterion_main!(benches);
RUST
echo /target > .gitignore
cargo generate-lockfile --quiet
git init -q -b main
git add --all
git -c user.name=ab -c user.email=ab@example.org commit -q -m baseline
echo 'pub const IS_CANDIDATE: bool = true;' > src/lib.rs
for run in $(seq "$runs"); do
    start=$(date +%s)
    "$regress" ab main --threshold 15 --seed "$run" --format json > report.json || [ $? -lt 2 ]
    echo "run $run: $(($(date +%s) - start)) seconds"
    python3 - <<'PYTHON'
import json
report = json.load(open("report.json"))
for row in report["benchmarks"]:
    print(f"  {row['id']:14} {100 * row['change']['estimate']:+6.1f} %  {row['executions'][0]:3} rounds  {row['verdict']}")
for row in report["not_compared"]:
    print(f"  {row['id']:14} {row['reason']}")
PYTHON
done
git status --short
