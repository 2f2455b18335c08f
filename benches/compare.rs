//! How long the work takes: reading a tree, comparing two runs, the statistics behind a verdict, rendering a report.
//!
//! Also what this repository's own gate measures, by `.github/workflows/benchmark-smoke.yml`.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;

use criterion::{BenchmarkId as Id, Criterion, Throughput, criterion_group, criterion_main};
use criterion_regress::compare::{NoiseThreshold, Policy, compare};
use criterion_regress::criterion::{Baselines, read};
use criterion_regress::model::{BenchmarkId, Run};
use criterion_regress::report::{Context, Format, Report, Rows, Side, TerminalStyle, parse_report, render, to_json};
use criterion_regress::stats::{Random, hodges_lehmann, mann_whitney, qn, summarize, weighted_median, welch};

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/criterion")
}

/// A recorded run under as many other names as make `n` benchmarks.
fn run_of(baseline: &str, n: usize) -> Run {
    let tree = read(&recorded(), Baselines::Named(&[baseline]), summarize, &AtomicUsize::new(0));
    let mut run = tree.expect("the recorded tree is readable").take_run(baseline, baseline);
    run.benchmarks.sort_by(|a, b| a.id.cmp(&b.id));
    let named = run.benchmarks.iter().cycle().zip(0..n).map(|(benchmark, i)| {
        let mut benchmark = benchmark.clone();
        let name = format!("{}/{i}", benchmark.id.as_str());
        benchmark.id = BenchmarkId::new("", &name, &name);
        benchmark
    });
    run.benchmarks = named.collect();
    run
}

fn policy() -> Policy {
    Policy::new(NoiseThreshold::from_percent(20.0).expect("a threshold"), 0.08)
}

fn report_of(n: usize) -> Report {
    let (baseline, candidate) = (run_of("main", n), run_of("pr", n));
    let context = Context {
        baseline: Side::new(&baseline, "fixtures/demo"),
        candidate: Side::new(&candidate, "fixtures/demo"),
        profile: "smoke".to_owned(),
        judged_on: None,
    };
    Report::new(&compare(&baseline, &candidate, &policy()), &policy(), &context)
}

fn reading(c: &mut Criterion) {
    c.bench_function("read/demo", |b| {
        b.iter(|| read(&recorded(), Baselines::Named(&["main", "pr"]), summarize, &AtomicUsize::new(0)));
    });
}

fn comparing(c: &mut Criterion) {
    let mut group = c.benchmark_group("compare");
    for n in [11, 1_000] {
        let (baseline, candidate, policy) = (run_of("main", n), run_of("pr", n), policy());
        group.throughput(Throughput::Elements(n as u64));
        group.bench_function(Id::from_parameter(n), |b| {
            b.iter(|| compare(black_box(&baseline), black_box(&candidate), &policy));
        });
    }
}

fn statistics(c: &mut Criterion) {
    let mut random = Random::new(1);
    let mut numbers =
        |n: usize, around: f64| (0..n).map(|_| around + random.below(1_000_000) as f64 * 1e-6).collect::<Vec<f64>>();
    let (few, other) = (numbers(20, 100.0), numbers(20, 100.5));
    let (many, weights) = (numbers(1_000, 100.0), numbers(1_000, 1.0));
    let mut group = c.benchmark_group("stats");
    group.bench_function("qn/1000", |b| b.iter(|| qn(black_box(&many))));
    group.bench_function("weighted_median/1000", |b| {
        b.iter(|| weighted_median(black_box(&many), black_box(&weights)));
    });
    group.bench_function("welch/20", |b| b.iter(|| welch(black_box(&few), black_box(&other))));
    group.bench_function("mann_whitney/20", |b| b.iter(|| mann_whitney(black_box(&few), black_box(&other))));
    group.bench_function("hodges_lehmann/20", |b| b.iter(|| hodges_lehmann(black_box(&few), black_box(&other))));
}

fn rendering(c: &mut Criterion) {
    let report = report_of(1_000);
    let json = to_json(&report);
    let mut group = c.benchmark_group("report");
    let plain = TerminalStyle { width: Some(120), color: false };
    for (name, format) in [("terminal", Format::Terminal), ("markdown", Format::Markdown)] {
        group.bench_function(name, |b| b.iter(|| render(black_box(&report), format, Rows::All, plain)));
    }
    group.bench_function("to_json", |b| b.iter(|| to_json(black_box(&report))));
    group.bench_function("parse", |b| b.iter(|| parse_report(black_box(&json))));
}

criterion_group!(benches, reading, comparing, statistics, rendering);
criterion_main!(benches);
