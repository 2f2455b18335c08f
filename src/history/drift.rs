use super::strand::{Strand, environments};
use super::{FindingOptions, History};
use crate::model::BenchmarkId;
use crate::stats::{Interval, hodges_lehmann, hodges_lehmann_interval};

/// A benchmark that moved without a step that would be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Drift {
    /// Which.
    pub id: BenchmarkId,
    /// Its first run that counts.
    pub since: usize,
    /// The logarithm of the ratio of the last runs to the first ones.
    pub log_ratio: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// Runs at either end that a drift is told from.
const ENDS: usize = 10;

/// How far the last runs lie from the first ones, as the logarithm of their ratio with its interval; `None` where that is less than the
/// smallest change that is told, where the interval holds no change at all, or where there are fewer than twenty values.
///
/// Of the `logs` of one benchmark in one environment, in the order of their runs.
#[must_use]
pub fn moved(logs: &[f64], options: &FindingOptions) -> Option<(f64, Interval)> {
    if logs.len() < 2 * ENDS {
        return None;
    }
    let (first, last) = (&logs[..ENDS], &logs[logs.len() - ENDS..]);
    let log_ratio = hodges_lehmann(first, last);
    if log_ratio.abs() < options.smallest {
        return None;
    }
    let interval = hodges_lehmann_interval(first, last, options.changes.confidence)?;
    (!interval.contains(0.0)).then_some((log_ratio, interval))
}

/// Benchmarks whose level moved since run `since` by at least the smallest change that is told, in steps of which none is that
/// large.
///
/// It is told where the interval is beyond no change; from the runs of the last environment alone, and of twenty of them at least.
/// Ordered by id.
#[must_use]
pub fn drifts(history: &History, since: usize, options: &FindingOptions) -> Vec<Drift> {
    let environments = environments(history);
    let Some(runs) = environments.iter().max_by_key(|runs| runs.last()) else { return Vec::new() };
    let runs = runs.iter().copied().filter(|run| *run >= since).collect();
    let mut found: Vec<Drift> = history
        .benchmarks
        .iter()
        .filter_map(|benchmark| {
            let strand = Strand::new(benchmark, &runs);
            let (log_ratio, interval) = moved(&strand.logs, options)?;
            let has_step = strand.changes(&options.changes).iter().any(|c| c.log_ratio.abs() >= options.smallest);
            let drift =
                || Drift { id: benchmark.id.clone(), since: strand.runs[0], log_ratio, interval: Some(interval) };
            (!has_step).then(drift)
        })
        .collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found
}
