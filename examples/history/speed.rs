//! What it costs to find the changes of a long series, and of one that grows.

use std::time::Instant;

use criterion_regress::stats::{ChangePointOptions, Detector, Random, change_points};

/// Noise of 2 % with a step of 10 %, up and down, every so many values. `scripts/score_otava.py` makes the same.
fn series(n: usize, every: usize) -> Vec<f64> {
    let mut random = Random::new(1);
    let mut noise = || 0.02 * ((0..12).map(|_| random.below(1 << 20) as f64 / f64::from(1 << 20)).sum::<f64>() - 6.0);
    (0..n).map(|i| noise() + if (i / every).is_multiple_of(2) { 0.0 } else { 0.1 }).collect()
}

/// The least of so many goes, in milliseconds: what others do on the machine only adds.
fn milliseconds(mut go: impl FnMut()) -> f64 {
    let seconds = (0..21)
        .map(|_| {
            let start = Instant::now();
            go();
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    1e3 * seconds
}

/// Lengths, and how far apart steps are.
const CASES: [(usize, usize); 6] =
    [(100, usize::MAX), (1000, usize::MAX), (10_000, usize::MAX), (1000, 100), (10_000, 1000), (10_000, 100)];

fn apart(every: usize) -> String {
    if every == usize::MAX { "none".to_owned() } else { every.to_string() }
}

/// Each series with the time for it, a line of JSON each.
pub(crate) fn lines() -> String {
    let options = ChangePointOptions::default();
    let line = |(n, every): (usize, usize)| {
        let values = series(n, every);
        let ms = milliseconds(|| drop(std::hint::black_box(change_points(&values, &options))));
        format!("{}\n", serde_json::json!({"values": values, "every": apart(every), "ms": ms}))
    };
    CASES.map(line).concat()
}

pub(crate) fn table() -> String {
    let options = ChangePointOptions::default();
    let mut text = "| values | a step every | ms for all | µs for one more |\n|---|---|---|---|\n".to_owned();
    for (n, every) in CASES {
        let values = series(n, every);
        let all = milliseconds(|| drop(std::hint::black_box(change_points(&values, &options))));
        let mut detector = Detector::of(&values[..n - n / 20], options);
        detector.changes();
        let start = Instant::now();
        for value in &values[n - n / 20..] {
            detector.push(*value);
            std::hint::black_box(detector.changes());
        }
        let one = 1e6 * start.elapsed().as_secs_f64() / (n / 20) as f64;
        text.push_str(&format!("| {n} | {} | {all:.3} | {one:.1} |\n", apart(every)));
    }
    text + "\n"
}
