//! The runs of a branch in, findings out: pure, without text for people.
//!
//! `strand` lays out each benchmark's values by the environment that they were measured in, `finding` says what changed at which
//! commits, and `drift` what moved without a step.

mod drift;
mod finding;
mod layout;
mod level;
mod strand;

use crate::model::BenchmarkId;
use crate::stats::ChangePointOptions;

pub use drift::{Drift, drifts, moved};
pub use finding::{BenchmarkChange, Cause, Finding, findings};
pub use layout::{Executed, lay_out};
pub use level::level_start;

/// One run of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryRun {
    /// The commit that was measured.
    pub commit: String,
    /// When, `YYYY-MM-DD` or longer; only told, never compared.
    pub date: Option<String>,
    /// What has to be equal for two times to be comparable, as one text; runs that don't know it share one.
    pub environment: String,
}

/// One benchmark in all runs of a history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryBenchmark {
    /// Which.
    pub id: BenchmarkId,
    /// What was measured in each run, in one unit; `None` where it wasn't. What isn't a positive number counts as not measured.
    pub values: Vec<Option<f64>>,
}

/// What was measured over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History {
    /// In the order of the branch; several runs of one commit stand next to each other.
    pub runs: Vec<HistoryRun>,
    /// Each benchmark once.
    pub benchmarks: Vec<HistoryBenchmark>,
}

/// How findings are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FindingOptions {
    /// How changes are looked for.
    pub changes: ChangePointOptions,
    /// Changes whose logarithm is smaller are left out.
    pub smallest: f64,
}
