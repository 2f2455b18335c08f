use std::collections::BTreeMap;

use super::{History, HistoryBenchmark};
use crate::stats::{ChangePoint, ChangePointOptions, change_points};

/// The runs of one environment, as their places in the history.
pub(super) type Runs = Vec<usize>;

/// The environments of a history in the order in which they appear, with the runs of each.
pub(super) fn environments(history: &History) -> Vec<Runs> {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    let mut all: Vec<Runs> = Vec::new();
    for (i, run) in history.runs.iter().enumerate() {
        let next = all.len();
        let place = *places.entry(&run.environment).or_insert(next);
        if place == next {
            all.push(Vec::new());
        }
        all[place].push(i);
    }
    all
}

/// One benchmark's values in one environment.
#[derive(Debug)]
pub(super) struct Strand {
    /// The run of each value.
    pub(super) runs: Vec<usize>,
    /// Their logarithms.
    pub(super) logs: Vec<f64>,
}

impl Strand {
    pub(super) fn new(benchmark: &HistoryBenchmark, runs: &Runs) -> Strand {
        let value = |run: &usize| benchmark.values.get(*run).copied().flatten().filter(|v| *v > 0.0 && v.is_finite());
        let measured = runs.iter().filter_map(|run| value(run).map(|v| (*run, v.ln())));
        let (runs, logs) = measured.unzip();
        Strand { runs, logs }
    }

    /// Its changes, with places in this strand.
    pub(super) fn changes(&self, options: &ChangePointOptions) -> Vec<ChangePoint> {
        change_points(&self.logs, options)
    }

    /// The same change with places in the history: it may have come with any run after the last value of the old level.
    pub(super) fn in_history(&self, change: &ChangePoint) -> ChangePoint {
        ChangePoint {
            index: self.runs[change.index],
            lower_index: self.runs[change.lower_index.max(1) - 1] + 1,
            upper_index: self.runs[change.upper_index],
            ..*change
        }
    }
}
