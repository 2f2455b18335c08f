//! How long it takes to find the changes of a history, all at once and run by run.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId as Id, Criterion, Throughput, criterion_group, criterion_main};
use criterion_regress::stats::{ChangePointOptions, Detector, Random, change_points};

/// Noise of 2 % with a step of 10 %, up and down, every thousand values.
fn series(n: usize) -> Vec<f64> {
    let mut random = Random::new(1);
    let mut noise = || 0.02 * ((0..12).map(|_| random.below(1 << 20) as f64 / f64::from(1 << 20)).sum::<f64>() - 6.0);
    (0..n).map(|i| noise() + if (i / 1000).is_multiple_of(2) { 0.0 } else { 0.1 }).collect()
}

fn finding(c: &mut Criterion) {
    let options = ChangePointOptions::default();
    let mut group = c.benchmark_group("change_points");
    for n in [100, 1_000, 10_000] {
        let values = series(n);
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(Id::from_parameter(n), |b| b.iter(|| change_points(black_box(&values), &options)));
    }
}

/// One value more, and the changes then.
fn appending(c: &mut Criterion) {
    let mut group = c.benchmark_group("append");
    for n in [1_050, 10_050] {
        let values = series(n + 1);
        let mut detector = Detector::of(&values[..n], ChangePointOptions::default());
        detector.changes();
        group.bench_function(Id::from_parameter(n), |b| {
            b.iter_batched_ref(
                || detector.clone(),
                |detector| {
                    detector.push(values[n]);
                    detector.changes()
                },
                BatchSize::LargeInput,
            );
        });
    }
}

criterion_group!(benches, finding, appending);
criterion_main!(benches);
