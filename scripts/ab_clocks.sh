#!/bin/sh
# Measures how far two processes of the same code differ by wall time and by CPU time, on this machine as it is.
#
#     scripts/ab_clocks.sh [ROUNDS]        prints a table, a line a benchmark
#
# Needs cargo, python3 and crates.io (or what cargo has cached).
set -eu
rounds=${1:-36}
here=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src" "$folder/benches"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "clocks"
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
: > "$folder/src/lib.rs"
cat > "$folder/benches/cases.rs" <<'RUST'
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use std::hint::black_box;
use std::time::Duration;

fn spin(n: u64) -> u64 {
    (0..n).fold(1, |x: u64, i| black_box(x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i)))
}

fn numbers(n: usize) -> Vec<u64> {
    let mut x = 1_u64;
    (0..n).map(|_| { x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407); x >> 20 }).collect()
}

fn compute(c: &mut Criterion) {
    c.bench_function("spin/10ns", |b| b.iter(|| spin(black_box(8))));
    c.bench_function("spin/1us", |b| b.iter(|| spin(black_box(800))));
    c.bench_function("spin/100us", |b| b.iter(|| spin(black_box(80_000))));
    c.bench_function("spin/5ms", |b| b.iter(|| spin(black_box(4_000_000))));
    c.bench_function("spin/30ms", |b| b.iter(|| spin(black_box(24_000_000))));
    c.bench_function("sort/clone", |b| { let data = numbers(2_000); b.iter(|| { let mut v = data.clone(); v.sort_unstable(); v }) });
    c.bench_function("alloc/small", |b| b.iter(|| (0..200).map(|i| vec![i as u8; 40]).collect::<Vec<_>>()));
    c.bench_function("alloc/pages", |b| b.iter(|| vec![1_u8; 4 << 20]));
    c.bench_function("hash", |b| { let data = numbers(1_000); b.iter(|| data.iter().copied().collect::<std::collections::HashSet<u64>>()) });
    c.bench_function("chase", |b| {
        let n = 1 << 20;
        let mut order = numbers(n).into_iter().map(|x| x as usize % n).collect::<Vec<_>>();
        for i in (1..n).rev() { let j = order[i] % i; order.swap(i, j); }
        b.iter(|| { let mut at = 0; for _ in 0..2_000 { at = order[at] % n; } at })
    });
    c.bench_function("parse", |b| { let text = numbers(500).iter().map(|x| x.to_string()).collect::<Vec<_>>().join(" ");
        b.iter(|| text.split(' ').map(|w| w.parse::<u64>().unwrap_or(0)).fold(0, u64::wrapping_add)) });
    c.bench_function("syscall", |b| b.iter(|| std::fs::metadata("/proc/self/status").map(|m| m.len()).unwrap_or(0)));
}

fn other(c: &mut Criterion) {
    c.bench_function("other/threads", |b| b.iter(|| std::thread::scope(|s| { for _ in 0..4 { s.spawn(|| spin(black_box(400_000))); } })));
    c.bench_function("other/sleep", |b| b.iter(|| std::thread::sleep(Duration::from_micros(300))));
    c.bench_function("other/sleep-long", |b| b.iter(|| std::thread::sleep(Duration::from_millis(30))));
    c.bench_function("other/file", |b| { let path = std::env::temp_dir().join("ab-clocks-file");
        b.iter(|| { use std::io::Write; let mut f = std::fs::File::create(&path).expect("a file"); f.write_all(&[1; 4096]).expect("written"); f.sync_all().expect("synced"); }) });
    c.bench_function("other/pipe", |b| { let (tx, rx) = std::sync::mpsc::sync_channel::<u64>(0); let (tx2, rx2) = std::sync::mpsc::sync_channel::<u64>(0);
        std::thread::spawn(move || { while let Ok(x) = rx.recv() { if tx2.send(x + 1).is_err() { break } } });
        b.iter(|| { tx.send(1).expect("sent"); rx2.recv().expect("back") }) });
    c.bench_function("other/batched", |b| b.iter_batched(|| numbers(20_000), |mut v| { v.truncate(2_000); v.sort_unstable(); v }, BatchSize::LargeInput));
    c.bench_function("other/set-up", |b| { let data = numbers(3_000_000); b.iter(|| data[black_box(5)] + spin(black_box(8))) });
    let mut group = c.benchmark_group("other/own");
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_millis(400));
    group.bench_function("times", |b| b.iter(|| spin(black_box(800))));
    group.finish();
}

criterion_group!(benches, compute, other);
criterion_main!(benches);
RUST
(cd "$folder" && cargo build --quiet --benches --profile bench --target-dir "$folder/target")
executable=$(find "$folder/target/release/deps" -name 'cases-*' -perm -u+x -type f | head -n 1)
uptime
cargo run --quiet --manifest-path "$here/Cargo.toml" --example clocks -- "$executable" "$rounds" > "$folder/processes.tsv"
uptime
python3 "$here/scripts/ab_clocks.py" "$folder/processes.tsv"
