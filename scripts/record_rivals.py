#!/usr/bin/env python3
"""Records what real Criterion and real critcmp say of made-up measurements, for src/calibration's tests.

Usage: record_rivals.py SCRATCH CRITCMP > fixtures/rivals/criterion-0.8.2.json
SCRATCH is an empty folder for a crate and its builds; CRITCMP the program `critcmp` (cargo install critcmp --version 0.1.8).
critcmp's table goes to SCRATCH/critcmp.txt, which is fixtures/rivals/critcmp-0.1.8.txt.

The benchmarks measure nothing: `iter_custom` returns durations of a seeded generator, so that every run of this script
records the same samples. Criterion's own bootstrap is not seeded; verdicts near a limit may differ from run to run, and the
tests leave out those whose p or interval is that close.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

CARGO = """[package]
name = "rivals"
version = "0.0.0"
edition = "2021"
publish = false

[lib]
path = "lib.rs"

[dev-dependencies]
criterion = { version = "=0.8.2", default-features = false }

[[bench]]
name = "made_up"
path = "made_up.rs"
harness = false

[workspace]
"""

BENCH = """
use criterion::{criterion_group, criterion_main, Criterion};
use std::time::Duration;

fn next(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

/// Noise of mean 0 and about unit deviation: 0 normal, 1 with a long tail, 2 with rare outliers.
fn noise(kind: usize, state: &mut u64) -> f64 {
    let normal = (0..12).map(|_| next(state)).sum::<f64>() - 6.0;
    match kind {
        0 => normal,
        1 => -(1.0 - next(state)).ln() - 1.0,
        _ => normal + if next(state) < 0.05 { 8.0 } else { 0.0 },
    }
}

fn made_up(c: &mut Criterion) {
    let is_new = std::env::var("SIDE").unwrap() == "new";
    let mut n = 0u64;
    for kind in 0..3 {
        for sd in [0.005, 0.05] {
            for change in [0.0, 0.004, 0.02, 0.06, -0.03] {
                n += 1;
                let mut state = n * 1000 + u64::from(is_new);
                let factor = if is_new { 1.0 + change } else { 1.0 };
                c.bench_function(&format!("{kind}/{sd}/{change}"), |b| {
                    b.iter_custom(|iterations| {
                        let each = 1e5 * factor * (1.0 + sd * noise(kind, &mut state)).max(0.05);
                        Duration::from_nanos((each * iterations as f64) as u64)
                    })
                });
            }
        }
    }
}

criterion_group! {
    name = group;
    config = Criterion::default().sample_size(30).warm_up_time(Duration::from_nanos(1))
        .measurement_time(Duration::from_millis(40));
    targets = made_up
}
criterion_main!(group);
"""

VERDICTS = {
    "Performance has regressed.": "Regressed",
    "Performance has improved.": "Improved",
    "Change within noise threshold.": "NoChange",
    "No change in performance detected.": "NoChange",
}


def bench(scratch, side, arguments):
    command = ["cargo", "bench", "--bench", "made_up", "--", *arguments]
    environment = {**os.environ, "SIDE": side, "CARGO_TARGET_DIR": str(scratch / "target")}
    done = subprocess.run(command, cwd=scratch, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def main():
    scratch, critcmp = Path(sys.argv[1]).resolve(), sys.argv[2]
    scratch.mkdir(parents=True, exist_ok=True)
    (scratch / "Cargo.toml").write_text(CARGO)
    (scratch / "lib.rs").write_text("")
    (scratch / "made_up.rs").write_text(BENCH)
    bench(scratch, "base", ["--save-baseline", "before"])
    said = bench(scratch, "new", ["--baseline", "before"])

    root = scratch / "target" / "criterion"
    records = []
    blocks = re.split(r"(?m)^(?=\S.*time:|\S.*\n\s+time:)", said)
    for block in blocks:
        name = re.match(r"(\d/\S+/\S+)", block)
        if not name:
            continue
        name = name.group(1)
        verdict = next(VERDICTS[words] for words in VERDICTS if words in block)
        folder = root / name.replace("/", "_")

        def sample(baseline):
            read = json.loads((folder / baseline / "sample.json").read_text())
            return {"iters": read["iters"], "times": read["times"]}

        mean = json.loads((folder / "change" / "estimates.json").read_text())["mean"]["confidence_interval"]
        records.append({
            "name": name,
            "verdict": verdict,
            "p": float(re.search(r"\(p = (\S+)", block).group(1)),
            "change": [mean["lower_bound"], mean["upper_bound"]],
            "before": sample("before"),
            "after": sample("new"),
        })
    print("[")
    print(",\n".join(json.dumps(record, separators=(",", ":")) for record in records))
    print("]")
    table = subprocess.run([critcmp, "--target-dir", scratch / "target", "before", "new"], capture_output=True, text=True, check=True)
    (scratch / "critcmp.txt").write_text(table.stdout)


main()
