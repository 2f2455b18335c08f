//! Which results the last run wrote: Criterion never removes any, and says of none when it was made.

use std::time::{Duration, SystemTime};

use crate::model::{Absent, Benchmark, Run, Warning, WarningKind, WhyAbsent};

/// Results of one run follow one another; between two of them that lie further apart than this, a run has ended.
pub const GAP_BETWEEN_RUNS: Duration = Duration::from_secs(30 * 60);

/// Clocks of machines that share files may differ by this much.
const CLOCK_SLACK: Duration = Duration::from_secs(5 * 60);

/// When the last run of `run`'s side wrote its first result, going back from the newest to the first long gap. What claims to
/// come from after `now` says nothing about it.
#[must_use]
pub fn last_run_start(run: &Run, now: SystemTime) -> Option<SystemTime> {
    let mut times = times_until(run, now);
    times.sort_unstable();
    let mut start = times.pop()?;
    for time in times.into_iter().rev() {
        if start.duration_since(time).is_ok_and(|gap| gap > GAP_BETWEEN_RUNS) {
            break;
        }
        start = time;
    }
    Some(start)
}

fn times_until(run: &Run, now: SystemTime) -> Vec<SystemTime> {
    let times = run.benchmarks.iter().filter_map(|b| b.executions.newest().measured_at);
    times.filter(|time| time.duration_since(now).unwrap_or_default() <= CLOCK_SLACK).collect()
}

/// Warns of results that the last run didn't write.
#[must_use]
pub fn stale(run: &Run, now: SystemTime) -> Vec<Warning> {
    let newest = times_until(run, now).into_iter().max();
    let (Some(start), Some(newest)) = (last_run_start(run, now), newest) else { return Vec::new() };
    warnings(run, |written| {
        let behind = newest.duration_since(written).ok()?;
        (written < start).then_some(WarningKind::Stale { behind })
    })
}

/// Warns of results that claim to have been written after `now`.
#[must_use]
pub fn from_the_future(run: &Run, now: SystemTime) -> Vec<Warning> {
    warnings(run, |written| {
        let ahead = written.duration_since(now).ok()?;
        (ahead > CLOCK_SLACK).then_some(WarningKind::FromTheFuture { ahead })
    })
}

/// Keeps what was written at `start` or later, and what doesn't say when.
pub fn written_since(run: &mut Run, start: SystemTime) {
    let is_old = |b: &mut Benchmark| b.executions.newest().measured_at.is_some_and(|written| written < start);
    let left_out = run.benchmarks.extract_if(.., is_old);
    run.absent.extend(left_out.map(|b| Absent { id: b.id, why: WhyAbsent::LeftOut }));
}

fn warnings(run: &Run, kind: impl Fn(SystemTime) -> Option<WarningKind>) -> Vec<Warning> {
    let of = |b: &Benchmark| {
        let kind = b.executions.newest().measured_at.and_then(&kind)?;
        Some(Warning { subject: b.id.path(), kind })
    };
    run.benchmarks.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BenchmarkId, Measurement, Unit};
    use crate::stats::summarize;

    fn run(minutes: &[u64]) -> Run {
        let at = |m: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(60 * m);
        let benchmark = |&m: &u64| Benchmark {
            id: BenchmarkId::from_name(&format!("at {m}")),
            throughput: None,
            unit: Unit::Unstated,
            executions: summarize(&Measurement::Estimates { median: 1.0, standard_error: 0.1 }, Some(at(m))).into(),
            overwritten: None,
        };
        Run { benchmarks: minutes.iter().map(benchmark).collect(), ..Run::default() }
    }

    #[test]
    fn a_long_gap_ends_a_run() {
        let check = |minutes: &[u64], want: &[&str]| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60 * 2000);
            let got: Vec<String> = stale(&run(minutes), now).into_iter().map(|w| w.subject).collect();
            assert_eq!(got, want);
        };
        check(&[], &[]);
        check(&[100, 110, 135], &[]);
        check(&[1000, 0, 995, 50, 970], &["at 0", "at 50"]);
        check(&[100, 110, 90_000], &[]);
    }

    #[test]
    fn the_future_starts_after_some_slack() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(60 * 10);
        let subjects: Vec<_> = from_the_future(&run(&[0, 12, 99]), now).into_iter().map(|w| w.subject).collect();
        assert_eq!(subjects, ["at 99"]);
    }

    #[test]
    fn keeps_what_was_written_since() {
        let mut kept = run(&[1, 2, 3]);
        written_since(&mut kept, SystemTime::UNIX_EPOCH + Duration::from_secs(120));
        assert_eq!((kept.benchmarks.len(), kept.absent.len()), (2, 1));
    }
}
