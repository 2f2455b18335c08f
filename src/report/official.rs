//! What stands beside the numbers of an official run: why it was refused, and which executions disagree.

use super::number::percent;
use super::visible;
use super::wording::count;
use crate::compare::{BenchmarkSpread, Spread};
use crate::preflight::{Check, Status};

/// Up to so many executions are worth to be run.
const WORTH_RUNNING: usize = 30;

/// What fails, with why it matters and what to do; a line each.
#[must_use]
pub fn failed_checks(checks: &[Check]) -> Vec<String> {
    let failed = checks.iter().filter(|check| check.status == Status::Fail);
    let told = |check: &Check| {
        let mut line = format!("{}: {}: {}; {}", check.code, check.subject, check.found, check.why);
        for more in [&check.remedy, &check.command].into_iter().flatten() {
            line.push_str("; ");
            line.push_str(more);
        }
        visible(&line)
    };
    failed.map(told).collect()
}

/// That executions of some benchmarks lie so far apart that a change of the threshold's size is out of reach: how many, the worst of
/// them, and what would help; a few lines, however many they are, and none where there is none. The report has all.
#[must_use]
pub fn disagreements(spread: &Spread) -> Vec<String> {
    let is_out_of_reach = |b: &&BenchmarkSpread| b.resolution.is_some_and(|resolution| !resolution.is_reached);
    let mut apart: Vec<&BenchmarkSpread> = spread.benchmarks.iter().filter(is_out_of_reach).collect();
    if apart.is_empty() {
        return Vec::new();
    }
    // Who needs most comes first, and whom no number helps before all.
    let rank = |b: &BenchmarkSpread| needed(b).map_or(usize::MAX, |n| n);
    apart.sort_by(|a, b| {
        let by_range = || range(b).unwrap_or(0.0).total_cmp(&range(a).unwrap_or(0.0));
        rank(b).cmp(&rank(a)).then_with(by_range).then_with(|| a.id.cmp(&b.id))
    });
    let mut thresholds: Vec<String> = apart.iter().map(|b| percent(b.threshold.percent() / 100.0)).collect();
    thresholds.dedup();
    let change =
        if thresholds.len() == 1 { format!("of {}", thresholds[0]) } else { "of their thresholds' size".to_owned() };
    let all = count(spread.benchmarks.len(), "benchmark", "benchmarks");
    let mut lines = vec![format!(
        "executions of {} of {all} lie too far apart, for so many, to tell a change {change}:",
        apart.len()
    )];
    lines.extend(apart.iter().take(NAMED).map(|b| format!("  {}", disagreement(b))));
    if apart.len() > NAMED {
        lines.push(format!("  and {} more, in the table and in --format json", apart.len() - NAMED));
    }
    let worth: Vec<usize> = apart.iter().filter_map(|b| needed(b)).filter(|n| *n <= WORTH_RUNNING).collect();
    if let Some(most) = worth.iter().max() {
        let whom = if worth.len() == apart.len() { String::new() } else { format!(" for {} of them", worth.len()) };
        lines.push(format!("--runs {most} would do{whom}"));
    }
    if worth.len() < apart.len() {
        let whom = if worth.is_empty() { String::new() } else { format!("for {}: ", apart.len() - worth.len()) };
        lines.push(format!(
            "{whom}more executions won't help: what differs from one process to the next has to go (`regress doctor` names some), or \
             the threshold be larger (a rule in regress.toml)"
        ));
    }
    lines
}

/// So many are told by name.
const NAMED: usize = 3;

fn needed(benchmark: &BenchmarkSpread) -> Option<usize> {
    benchmark.resolution.and_then(|resolution| resolution.needed)
}

/// How far the executions of a side lie apart, where they do most.
fn range(benchmark: &BenchmarkSpread) -> Option<f64> {
    benchmark.runs.iter().flatten().filter_map(|run| run.range).max_by(f64::total_cmp)
}

fn disagreement(benchmark: &BenchmarkSpread) -> String {
    let apart = range(benchmark).map_or_else(String::new, |range| format!(" {} apart", percent(range)));
    let n = benchmark.runs.iter().flatten().map(|run| run.n).min().unwrap_or_default();
    let takes = match needed(benchmark) {
        Some(needed) => format!("it takes about {needed}"),
        None => "no number of them will do".to_owned(),
    };
    format!("{}: its {} lie{apart}; {takes}", visible(benchmark.id.as_str()), count(n, "execution", "executions"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{NoiseThreshold, Policy, spread};
    use crate::model::{Benchmark, BenchmarkId, Executions, Run, Unit};
    use crate::stats::summarize;
    use crate::{model::Measurement, model::Sample, model::SamplingMode};

    fn run(of: &[(&str, [f64; 5])]) -> Run {
        let execution = |time: f64| {
            let times: Vec<f64> = (0..10_u32).map(|i| time * (1.0 + f64::from(i) / 1e5)).collect();
            let sample = Sample::new(SamplingMode::Flat, vec![1.0; 10], times).expect("a sample");
            summarize(&Measurement::Sample(sample), None)
        };
        let benchmark = |(id, times): &(&str, [f64; 5])| Benchmark {
            id: BenchmarkId::new("", id, id),
            throughput: None,
            unit: Unit::Nanoseconds,
            executions: Executions::collect(times.iter().map(|time| execution(*time))).expect("some"),
            overwritten: None,
        };
        Run { benchmarks: of.iter().map(benchmark).collect(), ..Run::default() }
    }

    #[test]
    fn who_disagrees_is_named_with_what_helps() {
        let run = run(&[
            ("steady", [100.0, 100.1, 100.0, 99.9, 100.0]),
            ("wavers", [100.0, 102.0, 99.0, 100.0, 101.0]),
            ("two speeds", [100.0, 150.0, 100.0, 150.0, 100.0]),
        ]);
        let policy = Policy::new(NoiseThreshold::from_percent(2.0).expect("a threshold"), 0.015);
        let told = disagreements(&spread(&run, None, &policy));
        assert_eq!(told[0], "executions of 2 of 3 benchmarks lie too far apart, for so many, to tell a change of 2 %:");
        assert!(told[1].starts_with("  two speeds: its 5 executions lie 50 % apart; it takes about "), "{told:?}");
        assert!(told[2].starts_with("  wavers: its 5 executions lie 3.03 % apart; it takes about "), "{told:?}");
        assert!(told[3].starts_with("--runs ") && told[3].ends_with(" would do for 1 of them"), "{told:?}");
        assert!(told[4].starts_with("for 1: more executions won't help") && told.len() == 5, "{told:?}");
    }

    #[test]
    fn however_many_disagree_it_is_told_in_few_lines() {
        let names: Vec<String> = (0..24).map(|i| format!("b{i}")).collect();
        let all: Vec<(&str, [f64; 5])> =
            names.iter().map(|name| (name.as_str(), [100.0, 150.0, 100.0, 150.0, 100.0])).collect();
        let policy = Policy::new(NoiseThreshold::from_percent(2.0).expect("a threshold"), 0.015);
        let told = disagreements(&spread(&run(&all), None, &policy));
        assert_eq!(told.len(), 6, "{told:?}");
        assert!(
            told[4] == "  and 21 more, in the table and in --format json" && told[5].starts_with("more executions")
        );
        let steady = run(&[("steady", [100.0, 100.1, 100.0, 99.9, 100.0])]);
        assert_eq!(disagreements(&spread(&steady, None, &policy)), Vec::<String>::new());
    }
}
