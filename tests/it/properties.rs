//! What holds for all runs, whatever was measured; through the library, without a disk.

use std::collections::BTreeMap;

use criterion_regress::compare::{NoiseThreshold, Outcome, Policy, RunComparison, Verdict, compare};
use criterion_regress::model::{
    Benchmark, BenchmarkId, Evidence, Execution, Measurement, Run, Sample, SamplingMode, Unit,
};
use criterion_regress::report::{Context, Format, Report, Rows, Side, TerminalStyle, parse_report, render};
use criterion_regress::stats::summarize;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The same cases on every run, and no files of past failures: a test that fails must fail for everybody.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(42), failure_persistence: None, ..ProptestConfig::default() }
}

pub(crate) fn policy(threshold: f64) -> Policy {
    Policy::new(NoiseThreshold::from_percent(threshold).expect("a percentage"), 0.05)
}

pub(crate) fn report(baseline: &Run, candidate: &Run, policy: &Policy) -> Report {
    let side = |run: &Run| Side::new(run, "somewhere");
    let context =
        Context { baseline: side(baseline), candidate: side(candidate), profile: "smoke".to_owned(), judged_on: None };
    Report::new(&compare(baseline, candidate, policy), policy, &context)
}

/// A run of benchmarks `b0`, `b1`, … with these measurements per iteration.
fn run(label: &str, samples: &[Vec<f64>]) -> Run {
    let benchmark = |(i, values): (usize, &Vec<f64>)| {
        let iterations: Vec<f64> = (1..=values.len()).map(|n| n as f64).collect();
        let totals = values.iter().zip(&iterations).map(|(value, n)| value * n).collect();
        let sample = Sample::new(SamplingMode::Linear, iterations, totals).expect("positive times make a sample");
        benchmark(&format!("b{i}"), summarize(&Measurement::Sample(sample), None))
    };
    Run { label: label.to_owned(), benchmarks: samples.iter().enumerate().map(benchmark).collect(), ..Run::default() }
}

/// An execution that took this long, and was steady.
pub(crate) fn execution(typical: f64) -> Execution {
    Execution {
        typical,
        median: typical,
        lower_quartile: typical,
        minimum: typical,
        mean: typical,
        standard_deviation: typical / 100.0,
        standard_error: 0.001,
        n_measurements: 30,
        mode: SamplingMode::Linear,
        evidence: Evidence::Sample,
        printed_verdict: None,
        fingerprint: typical.to_bits(),
        measured_at: None,
        cpu: None,
    }
}

pub(crate) fn benchmark(id: &str, execution: Execution) -> Benchmark {
    Benchmark {
        id: BenchmarkId::from_name(id),
        throughput: None,
        unit: Unit::Unstated,
        executions: execution.into(),
        overwritten: None,
    }
}

fn verdicts(comparison: &RunComparison) -> BTreeMap<String, Verdict> {
    comparison.compared.iter().map(|row| (row.id.as_str().to_owned(), row.verdict)).collect()
}

fn swapped(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Regression => Verdict::Improvement,
        Verdict::Improvement => Verdict::Regression,
        Verdict::NoChange => Verdict::NoChange,
        Verdict::Inconclusive => Verdict::Inconclusive,
    }
}

/// One benchmark on both sides: a level, a factor between the sides that is often near 1, and some spread.
fn two_samples() -> impl Strategy<Value = [Vec<f64>; 2]> {
    let factor = prop_oneof![4 => 0.95..1.05, 2 => 0.5..2.0, 1 => 0.01..100.0_f64];
    (0.0..12.0_f64, factor, proptest::collection::vec(0.97..1.03_f64, 6..24)).prop_map(|(level, factor, noise)| {
        let level = 10_f64.powf(level);
        let baseline: Vec<f64> = noise.iter().map(|x| level * x).collect();
        let candidate = noise.iter().rev().map(|x| level * factor * x * 1.001).collect();
        [baseline, candidate]
    })
}

fn two_runs() -> impl Strategy<Value = (Run, Run)> {
    proptest::collection::vec(two_samples(), 1..20).prop_map(|pairs| {
        let (baseline, candidate): (Vec<_>, Vec<_>) = pairs.into_iter().map(|[b, c]| (b, c)).unzip();
        (run("baseline", &baseline), run("candidate", &candidate))
    })
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn swapping_the_sides_swaps_the_verdicts((baseline, candidate) in two_runs(), threshold in 1.0..40.0_f64) {
        let forward = compare(&baseline, &candidate, &policy(threshold));
        let backward = compare(&candidate, &baseline, &policy(threshold));
        let mirrored: BTreeMap<_, _> = verdicts(&backward).into_iter().map(|(id, v)| (id, swapped(v))).collect();
        prop_assert_eq!(verdicts(&forward), mirrored);
        let shift = |comparison: &RunComparison| comparison.shift.map(|shift| shift.verdict);
        prop_assert_eq!(shift(&forward), shift(&backward).map(swapped));
    }

    #[test]
    fn scaling_all_times_changes_no_verdict((baseline, candidate) in two_runs(), factor in 0.001..1000.0_f64) {
        let scaled = |run: &Run| {
            let mut run = run.clone();
            for benchmark in &mut run.benchmarks {
                let execution = benchmark.executions.iter_mut().next().expect("never empty");
                for time in [&mut execution.typical, &mut execution.median, &mut execution.lower_quartile, &mut execution.minimum, &mut execution.mean, &mut execution.standard_deviation] {
                    *time *= factor;
                }
            }
            run
        };
        let plain = compare(&baseline, &candidate, &policy(20.0));
        let scaled = compare(&scaled(&baseline), &scaled(&candidate), &policy(20.0));
        prop_assert_eq!(verdicts(&plain), verdicts(&scaled));
        prop_assert_eq!(plain.outcome, scaled.outcome);
    }

    #[test]
    fn the_order_of_benchmarks_changes_nothing((baseline, candidate) in two_runs(), turn in 0..20_usize) {
        let reordered = |run: &Run| {
            let mut run = run.clone();
            run.benchmarks.reverse();
            let n = run.benchmarks.len();
            run.benchmarks.rotate_left(turn % n);
            run
        };
        let plain = compare(&baseline, &candidate, &policy(20.0));
        prop_assert_eq!(&plain, &compare(&reordered(&baseline), &candidate, &policy(20.0)));
        prop_assert_eq!(&plain, &compare(&baseline, &reordered(&candidate), &policy(20.0)));
    }

    #[test]
    fn the_order_of_measurements_changes_no_verdict(pairs in proptest::collection::vec(two_samples(), 1..12)) {
        let sides = |turn: usize| {
            let side = |i: usize| {
                let samples: Vec<Vec<f64>> = pairs.iter().map(|pair| {
                    let mut values = pair[i].clone();
                    let n = values.len();
                    values.rotate_left(turn % n);
                    values
                }).collect();
                let iterations = [1.0; 24];
                let benchmark = |(i, values): (usize, &Vec<f64>)| {
                    let sample = Sample::new(SamplingMode::Flat, iterations[..values.len()].to_vec(), values.clone());
                    benchmark(&format!("b{i}"), summarize(&Measurement::Sample(sample.expect("a sample")), None))
                };
                Run { benchmarks: samples.iter().enumerate().map(benchmark).collect(), ..Run::default() }
            };
            compare(&side(0), &side(1), &policy(20.0))
        };
        prop_assert_eq!(verdicts(&sides(0)), verdicts(&sides(5)));
    }

    #[test]
    fn a_report_survives_its_json((baseline, candidate) in two_runs()) {
        let report = report(&baseline, &candidate, &policy(20.0));
        let json = render(&report, Format::Json, Rows::All, TerminalStyle { width: None, color: false });
        prop_assert_eq!(parse_report(&json).expect("our own report"), report);
    }

    #[test]
    fn a_run_against_itself_is_not_compared((baseline, _) in two_runs()) {
        let comparison = compare(&baseline, &baseline, &policy(20.0));
        prop_assert_eq!(comparison.outcome, Outcome::NothingCompared);
        prop_assert_eq!(comparison.n_benchmarks(), baseline.benchmarks.len());
    }
}

fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![
        Just(0.0),
        Just(-0.0),
        Just(f64::MAX),
        Just(f64::MIN),
        Just(f64::MIN_POSITIVE),
        Just(5e-324),
        -1e3..1e3_f64,
        any::<f64>(),
    ]
}

fn any_execution() -> impl Strategy<Value = Execution> {
    let evidence = prop_oneof![
        Just(Evidence::Sample),
        Just(Evidence::Estimates),
        Just(Evidence::Printed),
        Just(Evidence::CriterionChange),
        Just(Evidence::Quick)
    ];
    (any_value(), any_value(), any_value(), any_value(), 0..1000_usize, evidence, 0..3_u64).prop_map(
        |(typical, median, minimum, standard_error, n_measurements, evidence, fingerprint)| Execution {
            typical,
            median,
            lower_quartile: minimum,
            minimum,
            mean: typical,
            standard_deviation: standard_error * typical,
            standard_error,
            n_measurements,
            mode: SamplingMode::Unknown,
            evidence,
            printed_verdict: None,
            fingerprint,
            measured_at: None,
            cpu: None,
        },
    )
}

fn any_run() -> impl Strategy<Value = Run> {
    let id = prop_oneof![3 => "[a-c]", 1 => "[a-cA-C]/[a-c]", 1 => any::<String>()];
    proptest::collection::vec((id, any_execution()), 0..15).prop_map(|benchmarks| {
        let by_id: BTreeMap<String, Execution> = benchmarks.into_iter().collect();
        let benchmarks = by_id.into_iter().map(|(id, execution)| benchmark(&id, execution)).collect();
        Run { label: "any".to_owned(), benchmarks, ..Run::default() }
    })
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn arbitrary_executions_are_compared_or_refused(baseline in any_run(), candidate in any_run(), t in 0.1..1e4_f64) {
        let comparison = compare(&baseline, &candidate, &policy(t));
        for row in &comparison.compared {
            let change = row.change;
            prop_assert!(row.baseline > 0.0 && row.candidate > 0.0, "{row:?}");
            prop_assert!(change.lower <= change.estimate && change.estimate <= change.upper, "{row:?}");
            prop_assert!(change.lower.fraction().is_finite() && change.upper.fraction().is_finite(), "{row:?}");
        }
        let n_sides = baseline.benchmarks.len().max(candidate.benchmarks.len());
        prop_assert!(comparison.n_benchmarks() >= n_sides, "none is dropped");
        if comparison.compared.is_empty() {
            prop_assert_eq!(comparison.outcome, Outcome::NothingCompared);
        }
    }

    #[test]
    fn arbitrary_executions_are_written_down_and_read_back(baseline in any_run(), candidate in any_run()) {
        let report = report(&baseline, &candidate, &policy(20.0));
        let plain = TerminalStyle { width: Some(80), color: false };
        for format in [Format::Terminal, Format::Markdown, Format::Csv, Format::Junit] {
            prop_assert!(!render(&report, format, Rows::All, plain).is_empty());
        }
        let json = render(&report, Format::Json, Rows::All, plain);
        match parse_report(&json) {
            Ok(again) => prop_assert_eq!(again, report),
            Err(e) => prop_assert!(false, "{e}\n{json}"),
        }
    }
}
