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

/// The benchmarks whose executions lie so far apart that a change of the threshold's size is out of reach, and what would help; a
/// line each.
#[must_use]
pub fn disagreements(spread: &Spread) -> Vec<String> {
    let is_out_of_reach = |b: &&BenchmarkSpread| b.resolution.is_some_and(|resolution| !resolution.is_reached);
    spread.benchmarks.iter().filter(is_out_of_reach).map(disagreement).collect()
}

fn disagreement(benchmark: &BenchmarkSpread) -> String {
    let executed: Vec<_> = benchmark.runs.iter().flatten().collect();
    let range = executed.iter().filter_map(|run| run.range).max_by(f64::total_cmp);
    let apart = range.map_or_else(String::new, |range| format!(" {} apart", percent(range)));
    let n = executed.iter().map(|run| run.n).min().unwrap_or_default();
    let threshold = percent(benchmark.threshold.percent() / 100.0);
    let needed = benchmark.resolution.and_then(|resolution| resolution.needed);
    let help = match needed {
        Some(needed) if needed <= WORTH_RUNNING => format!("--runs {needed} would do"),
        Some(needed) => format!(
            "that takes about {needed}: what differs from one process to the next has to go (`regress doctor` names some), or its \
             threshold be larger (a rule in regress.toml)"
        ),
        None => "no number of them will do: what differs from one process to the next has to go, or its threshold be \
                 larger (a rule in regress.toml)"
            .to_owned(),
    };
    format!(
        "{}: its {} lie{apart}: too far, for so many, to tell a change of {threshold}; {help}",
        visible(benchmark.id.as_str()),
        count(n, "execution", "executions")
    )
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
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].starts_with("two speeds: its 5 executions lie 50 % apart") && told[0].contains("has to go"),
            "{told:?}"
        );
        assert!(
            told[1].starts_with("wavers: its 5 executions lie 3.03 % apart") && told[1].contains("--runs "),
            "{told:?}"
        );
    }
}
